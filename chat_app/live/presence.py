"""Presence of operators in a chat: each view has a reason and a time limit, and the visitor is notified of both ends.

A transcript page counts as open for five minutes; a live one renews its presence every few seconds, so that the
notice disappears when the browser or the process dies.
"""

import secrets
from dataclasses import asdict, dataclass
from typing import Final

from django.core import signing

from chat_app.live.registry import open_rooms
from nono import store
from nono.errors import NotAllowed
from nono.realtime import notifications
from nono.store import operations
from sessions_app.bulk import ended
from sessions_app.names import user_of_session_id
from sessions_app.session import Session

UNWATCHED_MS: Final = 300_000
"""Milliseconds for which a transcript without a socket counts as open: without JavaScript, or downloaded."""

LIVE_MS: Final = 15_000
BEAT: Final = 5.0
"""Seconds between two renewals of a live transcript's presence: two may be lost."""

PASS_SECONDS: Final = UNWATCHED_MS // 1000
_SALT: Final = "nono.reading"


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """One operator's view of one chat; ``operator`` is the primary key as text, ``observer`` identifies the page.

    ``created_at`` distinguishes the chat from a later one with the same name, which may have the same session id.
    """

    session_id: str
    created_at: str
    operator: str
    observer: str

    @classmethod
    def of(cls, session: Session, operator: str, observer: str = "") -> "TranscriptView":
        """Returns a view that has not begun yet; ``observer`` defaults to a random identifier."""
        return cls(session.session_id, session.created_at, operator, observer or secrets.token_hex(8))

    @classmethod
    def from_token(cls, text: str) -> "TranscriptView":
        """Parses a token that ``to_token`` made within the last five minutes; otherwise raises ``NotAllowed``."""
        try:
            return cls(**signing.loads(text, salt=_SALT, max_age=PASS_SECONDS))
        except (signing.BadSignature, TypeError):
            raise NotAllowed("This reading is over. Open the transcript again, with a reason.") from None

    @property
    def user_id(self) -> str:
        """Returns the name of the chat."""
        return user_of_session_id(self.session_id)

    def to_token(self) -> str:
        """Returns a signed token that lets this operator follow this chat for five minutes."""
        return signing.dumps(asdict(self), salt=_SALT)

    def is_of(self, session: Session) -> bool:
        """Returns whether this is a view of ``session``, not of another session with the same name."""
        return (session.session_id, session.created_at) == (self.session_id, self.created_at)

    def begin(self) -> None:
        """Marks the transcript as open and notifies the chat; raises ``SessionNotFound`` if the chat ended."""
        if self._outcome(store.run(self._observe(UNWATCHED_MS))):
            notifications.publish(self.user_id)

    async def go_on(self) -> None:
        """Renews the presence and notifies the chat if it was not set; raises as ``begin`` does."""
        if self._outcome(await store.arun(self._observe(LIVE_MS))):
            await self._tell()

    async def end(self) -> None:
        """Removes the presence and notifies the chat if no other operator reads it."""
        if await store.arun(self._observe(0)) == "changed":
            await self._tell()

    def _observe(self, for_ms: int) -> store.Operation[operations.Observed]:
        return operations.observe(self.user_id, self.session_id, self.created_at, self.observer, for_ms)

    def _outcome(self, observed: operations.Observed) -> bool:
        if observed == "gone":
            raise ended(self.session_id)
        return observed == "changed"

    async def _tell(self) -> None:
        """Updates this process's room first, because it ignores the notifications of its own process."""
        if room := open_rooms().get(self.user_id):
            await room.catch_up()
        await notifications.apublish(self.user_id)
