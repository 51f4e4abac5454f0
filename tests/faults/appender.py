"""A process that appends to a chat: ``python -m tests.faults.appender <user_id> <times> [naive]``.

It says when it is ready, waits for a line, and appends as fast as it can.
"""

import json
import os
import sys

import django
from django_redis import get_redis_connection


def append(user_id: str, text: str) -> None:
    """Appends as Nono does."""
    from chat_app.memory import ChatMemoryManager

    ChatMemoryManager().add_message(user_id, "user", text)


def append_naively(user_id: str, text: str) -> None:
    """Appends as one would without a script: looks, thinks, writes."""
    store = get_redis_connection("chat")
    count = int(store.hget(f"session:{user_id}", "message_count") or 0) + 1
    store.rpush(f"chat_history:{user_id}", json.dumps({"content": text, "seq": count}))
    store.hset(f"session:{user_id}", "message_count", count)


def main() -> None:
    """Appends as often as it is told."""
    from nono import private_redis

    django.setup()
    from django.conf import settings

    private_redis.join(settings.NONO_DATA_DIR)
    user_id, often, *naive = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(often)):
        (append_naively if naive else append)(user_id, f"process {os.getpid()}, message {number}")


if __name__ == "__main__":
    main()
