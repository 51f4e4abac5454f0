"""What stands for a text in keys and group names: the same in every version, or a running store would lose it."""

import pytest

from nono import rate_limits
from nono.hashing import short_hash
from nono.realtime import notifications
from nono.store import operations


def test_a_fingerprint_is_the_first_half_of_the_texts_sha_256() -> None:
    assert short_hash("abc") == "ba7816bf8f01cfea414140de5dae2223"  # FIPS 180-2, appendix B.1
    assert short_hash("Zoë") != short_hash("Zoe")


@pytest.mark.parametrize(
    ("name", "stands_for"),
    [
        (notifications.chat_group("abc"), "chat."),
        (operations.limit_key(rate_limits.MESSAGES._counter("abc")), "limit:messages:"),
        (operations.tabs_key("abc"), "chat_tabs:"),
        (operations.places_key("abc"), "socket_places:"),
    ],
)
def test_it_stands_in_the_names_of_what_all_processes_share(name: str, stands_for: str) -> None:
    assert name == f"{stands_for}ba7816bf8f01cfea414140de5dae2223"
