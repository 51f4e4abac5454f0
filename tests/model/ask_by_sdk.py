"""Asks an endpoint by OpenAI's own client: ``python ask_by_sdk.py <base_url> <key>``, the question as JSON on stdin.

Prints the text of the reply. Run by the environment of ``make test-model``.
"""

import json
import sys

import openai


def main(base_url: str, key: str) -> None:
    """Streams one reply to standard output."""
    client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0, timeout=30)
    for chunk in client.chat.completions.create(**json.load(sys.stdin)):
        if chunk.choices and chunk.choices[0].delta.content:
            sys.stdout.write(chunk.choices[0].delta.content)


if __name__ == "__main__":
    main(*sys.argv[1:])
