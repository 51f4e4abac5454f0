"""Runs llama.cpp's server; its options have the names of those of the program ``llama-server``.

Run by the environment of ``make test-model``. It ends with its standard input, so that it outlives no test.
"""

import argparse
import sys
from pathlib import Path

import xllamacpp


def main() -> None:
    """Serves one model on loopback until the end of standard input; answers 503 until the model is loaded."""
    options = argparse.ArgumentParser()
    options.add_argument("--model", required=True)
    options.add_argument("--port", required=True, type=int)
    options.add_argument("--api-key", required=True)
    options.add_argument("--alias", required=True)
    options.add_argument("--ctx-size", required=True, type=int)
    options.add_argument("--chat-template-file", type=Path)
    given = options.parse_args()

    params = xllamacpp.CommonParams()
    params.model.path = given.model
    params.model_alias = {given.alias}
    params.hostnames = ["127.0.0.1"]
    params.port = given.port
    params.api_keys = [given.api_key]
    params.n_ctx = given.ctx_size
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    if given.chat_template_file:
        params.chat_template = given.chat_template_file.read_text()
    server = xllamacpp.Server(params)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main()
