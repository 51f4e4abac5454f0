"""Records which operator has the transcript of a session open, so that the page can inform the visitor."""

from typing import Literal

from nono.store import Operation, script
from nono.store.decode import text_of
from nono.store.keys import session_key

Observed = Literal["changed", "same", "gone"]


def observe(user_id: str, session_id: str, created_at: str, observer: str, for_ms: int) -> Operation[Observed]:
    """Records that ``observer`` has one session open for ``for_ms``, or has closed it (0).

    Returns ``changed`` if the session became observed or unobserved, ``gone`` if there is no such session.
    """
    argv = (session_id, created_at, observer, for_ms)
    return script("session_observe", (session_key(user_id),), argv, text_of)  # type: ignore[arg-type]
