"""Addresses in settings: which are taken, and what is printed of them."""

import pytest

from nono import url_validators


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("redis://store:6379/3", "redis://store:6379/3"),
        ("valkey://store", "redis://store"),
        ("valkeys://:secret@store:6380/0", "rediss://:secret@store:6380/0"),
        ("unix:///run/redis.sock?db=1", "unix:///run/redis.sock?db=1"),
    ],
)
def test_the_store_may_be_named_in_every_common_way(written: str, used: str) -> None:
    assert url_validators.store_url(written) == used


def test_an_address_is_printed_without_its_password() -> None:
    assert url_validators.without_password("redis://me:pass@word@store:6379/0?x=y") == "redis://store:6379/0"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_known_by_all_its_names(host: str) -> None:
    assert url_validators.is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "chat.example.org", "localhost.example.org"])
def test_other_addresses_are_not_loopback(host: str) -> None:
    assert not url_validators.is_loopback(host)
