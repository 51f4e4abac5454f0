"""``manage.py cleanup_sessions``: removes stale keys and repairs damaged ones."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from nono import store
from nono.errors import NonoError
from nono.store import operations
from sessions_app import personas
from sessions_app.cleanup import FINDINGS, Sweep
from sessions_app.management.output import as_json, end_help_with
from sessions_app.times import seconds_of

EXAMPLES = """\
Mends what is broken and removes what belongs to no chat, in small batches, so that people chat on meanwhile.

examples:
  manage.py cleanup_sessions --dry-run             say what would be done
  manage.py cleanup_sessions                       mend clocks and lists, remove what belongs to no session
  manage.py cleanup_sessions --idle-for 30m        and remove sessions without a message for 30 minutes
  manage.py cleanup_sessions --idle-for 2h --persona creative_writer
  manage.py cleanup_sessions --dry-run --json      the numbers, for scripts

exit status: 0 done, 1 refused or not possible"""


class Command(BaseCommand):
    help = "Cleans up: orphaned keys, keys without a clock, stale list entries and, if asked, idle sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would be done")
        parser.add_argument("--idle-for", metavar="TIME", help="also remove sessions idle for 90s, 30m, 2h, 1d …")
        parser.add_argument("--persona", metavar="KEY", help="with --idle-for: only sessions of this persona")
        parser.add_argument("--json", action="store_true", help="the numbers as JSON, for scripts")

    def handle(self, *_: Any, dry_run: bool, idle_for: str | None, persona: str | None, json: bool, **__: Any) -> str:
        try:
            if persona is not None and idle_for is None:
                raise CommandError("--persona narrows --idle-for; give both.")
            idle = seconds_of(idle_for) if idle_for is not None else None
            key = personas.get(persona).key if persona is not None else None
            with tqdm(total=store.run(operations.size()), unit=" keys", leave=False, disable=None) as bar:
                sweep = Sweep(fix=not dry_run, idle_seconds=idle, persona=key, step=bar.update).run()
        except (NonoError, ValueError) as error:
            raise CommandError(str(error)) from error
        return as_json(numbers(sweep)) if json else report(sweep)


def report(sweep: Sweep) -> str:
    """Returns the findings, one per line, and the action taken."""
    lines = [f"{sweep.found[kind]:>7,}  {words}" for kind, words in FINDINGS.items() if sweep.found[kind]]
    total = sum(sweep.found.values())
    if not total:
        return f"Everything is in order ({sweep.looked_at:,} keys and entries looked at)."
    done = "removed or mended" if sweep.fix else "to remove or mend; nothing was changed (--dry-run)"
    return "\n".join([*lines, f"{total:>7,}  in all: {done}."])


def numbers(sweep: Sweep) -> dict[str, object]:
    """Returns the same as numbers for ``--json``."""
    found = {kind: sweep.found[kind] for kind in FINDINGS}
    return {"dry_run": not sweep.fix, "looked_at": sweep.looked_at, "found": found}
