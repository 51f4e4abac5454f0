"""``manage.py chat``: the same chat in a terminal."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat_app import conversation
from chat_app.context import persona_of
from chat_app.live import replies
from chat_app.messages import MAX_MESSAGE
from chat_app.reply_end import end_of
from chat_app.safety import assess
from chat_app.safety.fixed_texts import fixed_text
from nono import store
from nono.errors import InvalidRequest, NonoError, SessionExists, SessionNotFound
from nono.logs.foreign_records import OWN
from sessions_app import personas
from sessions_app.access import Visitor
from sessions_app.management.output import end_help_with
from sessions_app.manager import SessionManager
from sessions_app.names import clean_user_id
from sessions_app.session import Session

OPERATOR: Final = Visitor(owner="", operator="terminal")
"""Visitor with access to every chat, like any user who can run commands on the server."""

ENDINGS: Final = {
    "stopped": "(stopped here)",
    "interrupted": "(interrupted: the rest of this answer is lost)",
    "error": "(the answer broke off; write again to get another)",
    "length": "(cut at the length limit; write “go on” to get the rest)",
    "content_filter": "(withheld by the model's provider)",
    "refusal": "(the model declined)",
}
PHASES: Final = {"loading": "(the model is being loaded …)", "thinking": "(thinking …)"}
Write = Callable[[str], None]


EXAMPLES = """\
examples:
  manage.py chat
  manage.py chat --user-id 'John Doe' --persona creative_writer
  echo 'Hello' | manage.py chat

exit status: 0 left, 1 refused or not possible"""


class Command(BaseCommand):
    help = "Talks with a persona in this terminal. Ctrl-C stops an answer, Ctrl-D leaves; the chat lives on."

    def add_arguments(self, parser: CommandParser) -> None:
        end_help_with(parser, EXAMPLES)
        parser.add_argument("--user-id", default="terminal", help="the chat's name; it is begun if it does not live")
        parser.add_argument("--persona", default=personas.DEFAULT, help="who answers, in a chat that is begun")

    def handle(self, *_: Any, user_id: str, persona: str, **__: Any) -> str:
        try:
            session = begin_or_continue(clean_user_id(user_id), persona)
            self.write(opening(session))
            with failures_only(), asyncio.Runner() as runner:
                for text in lines():
                    if not sys.stdin.isatty():
                        self.write(f"> {text}\n")
                    runner.run(answer(session, text, self.write))
                runner.run(leave())
        except (KeyboardInterrupt, NonoError) as error:
            raise CommandError(getattr(error, "detail", "Left before the answer ended.")) from error
        return f"You left; the chat {session.user_id!r} lives until its clock runs out."

    def write(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()


def opening(session: Session) -> str:
    """Returns the opening text: the chat's name, its persona, how to leave, and the greeting."""
    who = persona_of(session)
    return f"The chat {session.user_id!r}, with {who.name}. Ctrl-D leaves it.\n{who.greeting}\n"


@contextmanager
def failures_only() -> Iterator[None]:
    """Suppresses informational log records, which would appear between the lines of the dialogue."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in OWN}
    for logger in levels:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def begin_or_continue(user_id: str, persona: str) -> Session:
    """Returns the existing session of that name, or a new one."""
    try:
        return SessionManager().create_session(user_id, persona)
    except SessionExists:
        return SessionManager().get_session(user_id)


def lines() -> Iterator[str]:
    """Yields the typed lines up to the end of the input; Ctrl-C only discards the current line."""
    while True:
        try:
            text = input("> " if sys.stdin.isatty() else "")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if text.strip():
            yield text.encode(errors="replace").decode()


async def answer(session: Session, text: str, write: Write) -> None:
    """Sends ``text`` and writes the reply as it arrives, or the error; raises ``SessionNotFound``.

    Ctrl-C cancels this task (asyncio.Runner), which stops the reply; a second one is a KeyboardInterrupt.
    """
    writing = asyncio.create_task(_write_reply(session, text, write))
    while not writing.done():
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await replies.stop(session.user_id, session.epoch)
        except SessionNotFound:
            raise
        except NonoError as error:
            write(f"{error.detail}\n" + (card(text) if "safety" in error.members else ""))


def card(text: str) -> str:
    """Returns the help text in the language of the message."""
    return f"{fixed_text('card', assess(text).language)}\n\n"


async def leave() -> None:
    """Closes the connections; a reply that still runs is left to another process."""
    await replies.drain(0)
    await store.aclose()


async def _write_reply(session: Session, text: str, write: Write) -> None:
    if len(text) > MAX_MESSAGE:
        raise InvalidRequest(f"That has {len(text)} characters; a message may have {MAX_MESSAGE}.")
    has_begun = False
    async for frame in conversation.stream(session.user_id, OPERATOR, text):
        if frame.type == "safety" and frame.fields["card"]:
            write(card(text))
        elif frame.type == "status":
            write(f"{PHASES[frame.fields['phase']]}\n")
        elif frame.type == "start" and has_begun:
            write("\n(That was the model's reasoning. Its answer:)\n")
        elif frame.type == "chunk":
            write(frame.fields["content"])
        elif frame.type == "complete":
            ending = ENDINGS.get(end_of(frame.fields["message"]["metadata"]))
            write(f"\n{ending}\n" if ending else "\n")
        has_begun = frame.type == "chunk"
