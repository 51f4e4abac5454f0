"""``manage.py clear_session``: clears chats by name."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from nono.errors import NonoError, SessionNotFound
from sessions_app.management.output import as_json, counted, end_help_with
from sessions_app.manager import SessionManager
from sessions_app.names import clean_user_id
from sessions_app.session import Session

EXAMPLES = """\
The visitor's page says that the chat was cleared, and can undo it for 10 seconds; then nothing of it is kept.

examples:
  manage.py clear_session 'John Doe'               asks first
  manage.py clear_session 'John Doe' --dry-run     say what would be cleared
  manage.py clear_session Ann Bob --no-input --json

exit status: 0 all were cleared, 1 one was not there, or nothing was done"""

manager = SessionManager()


class Command(BaseCommand):
    help = "Clears chats: takes them and all that was said in them away."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("names", nargs="+", metavar="NAME", help="the name of a chat, as in list_sessions")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would be cleared")
        parser.add_argument("--no-input", action="store_true", help="do not ask first")
        parser.add_argument("--json", action="store_true", help="as JSON, for scripts; does not ask first")

    def handle(self, *_: Any, names: list[str], dry_run: bool, no_input: bool, json: bool, **__: Any) -> None:
        try:
            found, missing = look_up(list(dict.fromkeys(map(clean_user_id, names))))
            if found and not (dry_run or no_input or json) and not self.agreed(found):
                raise CommandError("Nothing was cleared.")
            cleared = found if dry_run else [one for one in found if clear(one, missing)]
        except NonoError as error:
            raise CommandError(error.detail) from error
        told = {"dry_run": dry_run, "cleared": [one.user_id for one in cleared], "missing": missing}
        self.stdout.write(as_json(told) if json else report(cleared, dry_run=dry_run))
        if missing:
            raise CommandError(f"There is no session named {', '.join(map(repr, missing))}.")

    def agreed(self, sessions: Sequence[Session]) -> bool:
        """Asks for confirmation; the end of the input counts as no."""
        self.stdout.write(report(sessions, dry_run=True))
        try:
            return input("Clear them? [y/N] ").strip().casefold() in {"y", "yes"}
        except EOFError:
            return False


def look_up(user_ids: Sequence[str]) -> tuple[list[Session], list[str]]:
    """Returns the sessions of these names, and the names without a session."""
    found, missing = [], []
    for user_id in user_ids:
        try:
            found.append(manager.get_session(user_id))
        except SessionNotFound:
            missing.append(user_id)
    return found, missing


def clear(session: Session, missing: list[str]) -> bool:
    """Clears one session of the epoch that was read; adds one that ended meanwhile to ``missing``."""
    try:
        manager.delete_session(session.user_id, epoch=session.epoch)
    except SessionNotFound:
        missing.append(session.user_id)
        return False
    return True


def report(sessions: Sequence[Session], *, dry_run: bool) -> str:
    """Returns the chats that were cleared, or would be, with their numbers of messages."""
    done = "Would clear" if dry_run else "Cleared"
    chats = [f"  {one.user_id} ({counted(one.message_count, 'message', 'messages')})" for one in sessions]
    return "\n".join([f"{done} {counted(len(sessions), 'chat', 'chats')}.", *chats])
