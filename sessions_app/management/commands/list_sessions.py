"""``manage.py list_sessions``: the living sessions, as a table or as JSON."""

import json
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nono.errors import NonoError
from sessions_app.listing import MAX_PAGE, ListQuery
from sessions_app.manager import SessionManager
from sessions_app.times import ago, until

JOINERS = "\u200d\ufe0f"
"""What joins and dresses emoji; the names of sessions may have them."""

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
    """Returns aligned columns below their names; what would steer the terminal is shown as a mark."""
    shown = [[_printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(_columns(row[i]) for row in shown) for i in range(len(head))]
    lines = [
        "  ".join(cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True))
        for row in shown
    ]
    return "\n".join(line.rstrip() for line in lines)


def _printable(cell: str) -> str:
    return "".join(one if one.isprintable() or one in JOINERS else "\ufffd" for one in cell)


def _columns(cell: str) -> int:
    """Returns how many columns of a terminal a text takes: two for a wide letter, none for a mark on another."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in cell if not _is_mark(one))


def _is_mark(one: str) -> bool:
    return one in JOINERS or unicodedata.category(one) in {"Mn", "Me"}
