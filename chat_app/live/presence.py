"""An operator reads a chat: for a reason, within a time, and its visitor is told when it begins and ends.

The page of a transcript counts as open for five minutes by itself; a live one says every few seconds that it still
is, so that a browser or a process that dies leaves no notice behind that is not true.
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
"""For how long a transcript counts as open that cannot tell when it is closed: without JavaScript, or downloaded."""

LIVE_MS: Final = 15_000
BEAT: Final = 5.0
"""Seconds between two words of a live transcript: two may be lost."""

PASS_SECONDS: Final = UNWATCHED_MS // 1000
_SALT: Final = "nono.reading"


@dataclass(frozen=True, slots=True)
class TranscriptView:
    """One operator (by primary key, as text) has one chat open, for a reason; ``observer`` tells tabs apart.

    ``created_at`` tells the chat from a later one of its name, which may begin in the same second and have the same id.
    """

    session_id: str
    created_at: str
    operator: str
    observer: str

    @classmethod
    def of(cls, session: Session, operator: str, observer: str = "") -> "TranscriptView":
        """Makes a reading that has not begun yet, of a tab of its own unless an ``observer`` is named."""
        return cls(session.session_id, session.created_at, operator, observer or secrets.token_hex(8))

    @classmethod
    def from_token(cls, text: str) -> "TranscriptView":
        """Reads what ``to_pass`` wrote within the last five minutes; raises ``NotAllowed`` for anything else."""
        try:
            return cls(**signing.loads(text, salt=_SALT, max_age=PASS_SECONDS))
        except (signing.BadSignature, TypeError):
            raise NotAllowed("This reading is over. Open the transcript again, with a reason.") from None

    @property
    def user_id(self) -> str:
        """Returns the name of the chat."""
        return user_of_session_id(self.session_id)

    def to_token(self) -> str:
        """Returns a signed text that lets this operator follow this chat, for five minutes."""
        return signing.dumps(asdict(self), salt=_SALT)

    def is_of(self, session: Session) -> bool:
        """Tells whether it is of this session, and not of another life of its name."""
        return (session.session_id, session.created_at) == (self.session_id, self.created_at)

    def begin(self) -> None:
        """Tells the visitor's tabs that an operator reads; raises ``SessionNotFound`` where the chat ended."""
        if self._outcome(store.run(self._observe(UNWATCHED_MS))):
            notifications.publish(self.user_id)

    async def go_on(self) -> None:
        """Says that the transcript is open still, which is news where it was not; raises as ``begin`` does."""
        if self._outcome(await store.arun(self._observe(LIVE_MS))):
            await self._tell()

    async def end(self) -> None:
        """Tells the visitor's tabs that the operator left, if nobody else reads; a chat that ended has no tabs."""
        if await store.arun(self._observe(0)) == "changed":
            await self._tell()

    def _observe(self, for_ms: int) -> store.Operation[operations.Observed]:
        return operations.observe(self.user_id, self.session_id, self.created_at, self.observer, for_ms)

    def _outcome(self, observed: operations.Observed) -> bool:
        if observed == "gone":
            raise ended(self.session_id)
        return observed == "changed"

    async def _tell(self) -> None:
        """Tells this process's own tabs first: they do not listen to its bell."""
        if room := open_rooms().get(self.user_id):
            await room.catch_up()
        await notifications.apublish(self.user_id)
