"""``manage.py list_sessions``: the living sessions, as a table or as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nono.errors import NonoError
from sessions_app.listing import MAX_PAGE, ListQuery
from sessions_app.manager import SessionManager
from sessions_app.times import ago, until

COLUMNS = ("name", "persona", "messages", "created", "last active", "time left")


class Command(BaseCommand):
    help = "Lists the living sessions, the most recently active first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--persona", help="only sessions of this persona")
        parser.add_argument("--q", default="", help="only names that contain this")
        parser.add_argument("--limit", type=int, default=MAX_PAGE, help=f"at most so many (up to {MAX_PAGE})")
        parser.add_argument("--json", action="store_true", help="as JSON, for scripts")

    def handle(self, *_: Any, persona: str | None, q: str, limit: int, json: bool, **__: Any) -> str:
        try:
            page = SessionManager().list_sessions_detailed(ListQuery(persona=persona, text=q, limit=limit))
        except NonoError as error:
            raise CommandError(error.detail) from error
        if json:
            return as_json(page.to_dict())
        rows = [
            (
                s.user_id,
                s.persona,
                str(s.message_count),
                ago(s.created_at),
                ago(s.last_activity),
                until(s.expires_at),
            )
            for s in page.sessions
        ]
        shown = f"{len(rows)} of {page.count}" if len(rows) < page.count else str(page.count)
        return table(COLUMNS, rows) + f"\n{shown} session{'' if page.count == 1 else 's'}"


def as_json(value: object) -> str:
    """Returns indented JSON with every character as itself."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Returns aligned columns below their names."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)
