#!/usr/bin/env python
"""Django's commands for Nono; joins the private store first where a command needs it."""

import os
import sys

WITHOUT_STORE = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "createsuperuser",
        "changepassword",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "makemigrations",
        "migrate",
        "showmigrations",
        "sqlmigrate",
        "test",
        "version",
    }
)


def main() -> int:
    """Runs the command line. Gives 1 after one sentence where a setting or a package is wrong."""
    from nono.errors import ConfigurationError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nono.settings")
    try:
        _join_store(sys.argv)
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if error.name != "django":
            raise
        print("The Python package 'django' is missing: run `make install`.", file=sys.stderr)
        return 1
    return 0


def _join_store(arguments: list[str]) -> None:
    command = arguments[1] if len(arguments) > 1 else "help"
    if command.startswith("-") or command in WITHOUT_STORE or "--help" in arguments or "-h" in arguments:
        return
    from django.conf import settings

    from nono import private_redis

    if settings.NONO_STORE_IS_PRIVATE:
        private_redis.join(settings.NONO_DATA_DIR, keep_alive=command == "runserver")


if __name__ == "__main__":
    sys.exit(main())
