"""``manage.py cleanup_chat_history``: removes histories without a session and old messages."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from chat_app.history_cleanup import HistorySweep
from nono import store
from nono.errors import NonoError
from nono.store import operations
from sessions_app import personas
from sessions_app.management.output import as_json, counted, end_help_with
from sessions_app.times import seconds_of

EXAMPLES = """\
Chats die by their own clocks; this is for what shall go sooner. The chats themselves live on. What waits for a reply
stays. Without options, two kinds of leftovers go: parts of chats whose session is gone, and messages beyond
NONO_HISTORY_LIMIT, if it was lowered.

examples:
  manage.py cleanup_chat_history --dry-run             say what would go
  manage.py cleanup_chat_history --older-than 2h       and messages that are older than two hours
  manage.py cleanup_chat_history --keep 50             and, of each chat, all but the newest 50
  manage.py cleanup_chat_history --older-than 30m --persona mental_health_nurse
  manage.py cleanup_chat_history --json                the numbers, for scripts

exit status: 0 done, 1 refused or not possible"""


class Command(BaseCommand):
    help = "Removes histories whose session is gone, and old messages of living chats."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would go")
        parser.add_argument("--older-than", metavar="TIME", help="also messages older than 90s, 30m, 2h, 1d …")
        parser.add_argument("--keep", metavar="N", type=int, help="also, of each chat, all but the newest N messages")
        parser.add_argument("--persona", metavar="KEY", help="with --older-than or --keep: only of this persona")
        parser.add_argument("--json", action="store_true", help="the numbers as JSON, for scripts")

    def handle(
        self,
        *_: Any,
        dry_run: bool,
        older_than: str | None,
        keep: int | None,
        persona: str | None,
        json: bool,
        **__: Any,
    ) -> str:
        try:
            sweep = HistorySweep(
                fix=not dry_run,
                keep=_kept(keep),
                older_than=timedelta(seconds=seconds_of(older_than)) if older_than is not None else None,
                persona=_narrowed(persona, narrows=older_than is not None or keep is not None),
            )
            with tqdm(total=store.run(operations.size()), unit=" keys", leave=False, disable=None) as bar:
                sweep.step = bar.update
                sweep.run()
        except (NonoError, ValueError, OverflowError) as error:
            raise CommandError(str(error)) from error
        return as_json(numbers(sweep)) if json else report(sweep)


def report(sweep: HistorySweep) -> str:
    """Returns one sentence for each kind of data that was, or would be, removed."""
    looked_at = counted(sweep.histories, "history", "histories")
    if not sweep.orphans and not sweep.messages:
        return f"Nothing to remove ({looked_at} looked at)."
    done = "Removed" if sweep.fix else "Would remove"
    orphans = counted(sweep.orphans, "key", "keys")
    messages, chats = counted(sweep.messages, "message", "messages"), counted(sweep.chats, "chat", "chats")
    sentences = [f"{done} {messages} of {chats}."] if sweep.messages else []
    sentences += [f"{done} {orphans} of chats whose session is gone."] if sweep.orphans else []
    sentences += [] if sweep.fix else ["Nothing was changed (--dry-run)."]
    return "\n".join([*sentences, f"{looked_at[0].upper()}{looked_at[1:]} looked at."])


def numbers(sweep: HistorySweep) -> dict[str, object]:
    """Returns the counts of the report for ``--json``."""
    return {
        "dry_run": not sweep.fix,
        "histories": sweep.histories,
        "orphaned_keys": sweep.orphans,
        "chats": sweep.chats,
        "messages": sweep.messages,
    }


def _kept(keep: int | None) -> int:
    if keep is not None and keep < 0:
        raise CommandError(f"--keep is {keep}; allowed is 0 or more.")
    limit = int(settings.NONO_HISTORY_LIMIT)
    return limit if keep is None else min(keep, limit)


def _narrowed(persona: str | None, *, narrows: bool) -> str:
    if persona is not None and not narrows:
        raise CommandError("--persona narrows --older-than and --keep; give one of them, too.")
    return personas.get(persona).key if persona is not None else ""
