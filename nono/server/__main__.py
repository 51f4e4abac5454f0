"""``python -m nono.server``: prepares and runs Nono in one process.

Prepares the database and the static files, joins the store, serves, and prints a banner once it listens.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from nono.errors import ConfigurationError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until stopped and returns 0; if it cannot serve, prints one sentence and returns 1."""
    options = _parser().parse_args(arguments)
    try:
        _serve(share_at_home=options.share_at_home)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in {"nono", "chat_app", "sessions_app"}:
            raise
        print(f"The Python package {error.name!r} is missing: run `make install`.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the server installed its signal handlers
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nono.server", description="Serves Nono.")
    parser.add_argument(
        "--share-at-home",
        action="store_true",
        help="where NONO_ACCESS is not set and only this machine can connect, let everybody see every chat",
    )
    return parser


def _serve(*, share_at_home: bool) -> None:
    from nono import data_folder, environment  # late, so that main() reports a missing package

    env = environment.read()
    if share_at_home and env.is_at_home:
        os.environ["NONO_ACCESS"] = "shared"
    data_folder.ready(env.NONO_DATA_DIR)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nono.settings")
    import django

    django.setup()
    from django.conf import settings

    from nono import private_redis
    from nono.metrics import flusher
    from nono.server import banner, bootstrap
    from nono.server.daphne_server import WebServer
    from nono.store import health as store_health

    bootstrap.claim(settings.HOST, settings.PORT)
    bootstrap.allow_many_sockets()
    for warning in bootstrap.prepare(settings.NONO_DATA_DIR):
        print(f"Warning: {warning}", file=sys.stderr)
    if settings.NONO_STORE_IS_PRIVATE:
        private_redis.join(settings.NONO_DATA_DIR, keep_alive=True)
    for warning in store_health.warnings():
        print(f"Warning: {warning}", file=sys.stderr)
    from chat_app.live import replies
    from chat_app.model_findings import place_of
    from chat_app.responders.judgement import judge_now
    from nono.asgi import application

    has_operator = bootstrap.has_operator()  # before the event loop starts: it allows no synchronous queries
    voices = [(place_of(judged), judged.sentence) for judged in judge_now()]

    def say_ready(port: int) -> None:
        print("\n".join(banner.lines(port, has_operator=has_operator, voices=voices)), flush=True)

    try:
        WebServer(application, host=settings.HOST, port=settings.PORT, on_ready=say_ready, goodbye=replies.drain).run()
    finally:
        flusher.keeper.end()
        private_redis.leave()
    print("Nono has stopped.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
