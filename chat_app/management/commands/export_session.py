"""``manage.py export_session``: one chat as JSON, Markdown or an HTML page."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat_app.export.formats import FORMATS, Format, export
from chat_app.memory import ChatMemoryManager
from nono.errors import NonoError
from sessions_app.management.output import end_help_with
from sessions_app.names import clean_user_id

EXAMPLES = """\
examples:
  manage.py export_session 'John Doe'                                  as JSON, to the terminal
  manage.py export_session 'John Doe' --format html --output john.html
  manage.py export_session 'John Doe' | jq -r '.messages[].content'

exit status: 0 exported, 1 there is no such chat, or the file cannot be written"""


class Command(BaseCommand):
    help = "Exports a chat, to the terminal or to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("name", help="the chat's name, as in list_sessions")
        parser.add_argument("--format", choices=FORMATS, default="json", help="json (the default), markdown or html")
        parser.add_argument("--output", metavar="FILE", type=Path, help="write there, in place of the terminal")
        parser.add_argument("--force", action="store_true", help="overwrite the file if there is one")

    def handle(self, *_: Any, name: str, format: Format, output: Path | None, force: bool, **__: Any) -> str:
        try:
            content = export(ChatMemoryManager().get_messages(clean_user_id(name)), format).content
            if output is None:
                return content.decode()
            with output.open("wb" if force else "xb") as file:
                file.write(content)
        except FileExistsError:
            raise CommandError(f"{output} exists already; --force overwrites it.") from None
        except (NonoError, OSError) as error:
            raise CommandError(str(error)) from error
        return f"Wrote {output} ({len(content)} bytes)."
