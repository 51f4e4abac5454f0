"""``manage.py list_sessions``: lists the sessions as a table or as JSON."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nono.contract import DANGERS
from nono.errors import NonoError
from sessions_app.listing import ANY_LEVEL, MAX_PAGE, ListQuery
from sessions_app.management.output import as_json, counted, end_help_with
from sessions_app.manager import SessionManager
from sessions_app.order import BY, LEAST_FIRST, By, Order
from sessions_app.times import ago, until

JOINERS = "\u200d\ufe0f"
"""Joiner and variation selector of emoji, which names of sessions may contain."""

COLUMNS = ("name", "persona", "messages", "created", "last active", "time left", "safety", "tabs")

EXAMPLES = f"""\
examples:
  manage.py list_sessions                              the latest active first, at most {MAX_PAGE}
  manage.py list_sessions --q ann --limit 10           names that contain "ann", in any case
  manage.py list_sessions --persona creative_writer
  manage.py list_sessions --safety any                 chats in which danger was found
  manage.py list_sessions --order left --limit 20      those that end first
  manage.py list_sessions --json | jq -r '.sessions[].user_id'
  manage.py list_sessions --json --cursor CURSOR       go on where "next" of an earlier list says

exit status: 0 listed, 1 refused or not possible"""


class Command(BaseCommand):
    help = "Lists the living sessions, the most recently active first."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("--persona", metavar="KEY", help="only sessions of this persona")
        parser.add_argument("--safety", metavar="LEVEL", help=f"only {ANY_LEVEL} or one of {', '.join(DANGERS)}")
        parser.add_argument("--q", default="", help="only names that contain this")
        parser.add_argument("--limit", type=int, default=MAX_PAGE, help=f"at most so many (up to {MAX_PAGE})")
        parser.add_argument("--order", choices=BY, default="active", help="how it is sorted (default: active)")
        parser.add_argument("--cursor", help='go on after an earlier list, whose "next" this was')
        parser.add_argument("--json", action="store_true", help="as JSON, for scripts")

    def handle(self, *_: Any, order: By, json: bool, **options: Any) -> str:
        narrowed = {name: options[name] for name in ("persona", "safety", "limit", "cursor")}
        try:
            query = ListQuery(text=options["q"], order=Order(order, descending=order not in LEAST_FIRST), **narrowed)
            page = SessionManager().list_sessions_detailed(query)
            tabs = SessionManager().count_tabs(page.sessions)
        except NonoError as error:
            raise CommandError(error.detail) from error
        if json:
            listed = [
                {**session.to_dict(), "safety": session.safety or "none", "tabs": live}
                for session, live in zip(page.sessions, tabs, strict=True)
            ]
            return as_json({**page.to_dict(), "sessions": listed})
        rows = [
            (
                s.user_id,
                s.persona,
                str(s.message_count),
                ago(s.created_at),
                ago(s.last_activity),
                until(s.expires_at),
                s.safety or "none",
                str(live),
            )
            for s, live in zip(page.sessions, tabs, strict=True)
        ]
        shown = f"{len(rows):,} of " if len(rows) < page.count else ""
        return table(COLUMNS, rows) + f"\n{shown}{counted(page.count, 'session', 'sessions')}"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Returns aligned columns below their names; control characters are replaced by a mark."""
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
    """Returns the width of a text in terminal columns: two for a wide character, none for a combining one."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in cell if not _is_mark(one))


def _is_mark(one: str) -> bool:
    return one in JOINERS or unicodedata.category(one) in {"Mn", "Me"}
