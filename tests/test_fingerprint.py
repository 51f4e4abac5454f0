"""What stands for a text in keys and group names: the same in every version, or a running store would lose it."""

import pytest

from nono import doorbell, operations, ratelimit
from nono.fingerprint import fingerprint


def test_a_fingerprint_is_the_first_half_of_the_texts_sha_256() -> None:
    assert fingerprint("abc") == "ba7816bf8f01cfea414140de5dae2223"  # FIPS 180-2, appendix B.1
    assert fingerprint("Zoë") != fingerprint("Zoe")


@pytest.mark.parametrize(
    ("name", "stands_for"),
    [
        (doorbell.chat_group("abc"), "chat."),
        (operations.limit_key(ratelimit.MESSAGES._counter("abc")), "limit:messages:"),
        (operations.tabs_key("abc"), "chat_tabs:"),
        (operations.places_key("abc"), "socket_places:"),
    ],
)
def test_it_stands_in_the_names_of_what_all_processes_share(name: str, stands_for: str) -> None:
    assert name == f"{stands_for}ba7816bf8f01cfea414140de5dae2223"
