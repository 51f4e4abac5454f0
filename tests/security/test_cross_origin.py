"""Another site's page, a rebound name, a forged forwarding header: none of them acts in a visitor's name."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from nono.web import client_ip, cross_origin
from tests.security.conftest import SECRET, Stored
from tests.security.visitors import Browser, Call, calls_on
from tests.support.sockets import Tab

HOST = "localhost"
CHANGING = [
    Call("POST", "/api/session/create", {"user_id": "Eve"}),
    Call("POST", "/api/session/Ann/undo"),
    *(call for call in calls_on("Ann", "session_Ann_1") if call.method in {"POST", "DELETE"}),
]
FOREIGN_PAGES = {
    "cross-site fetch": {"Sec-Fetch-Site": "cross-site"},
    "sibling domain": {"Sec-Fetch-Site": "same-site"},
    "fetch metadata of a later standard": {"Sec-Fetch-Site": "isolated"},
    "cross-site with our own origin forged": {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    "another site": {"Origin": "https://evil.example"},
    "sandboxed frame": {"Origin": "null"},
    "another port": {"Origin": "http://testserver:8001"},
    "our name as a prefix": {"Origin": "http://testserver.evil.example"},
    "our name as a suffix": {"Origin": "http://eviltestserver"},
    "our name as a user": {"Origin": "http://testserver@evil.example"},
    "another scheme": {"Origin": "file://testserver"},
    "an origin that cannot be read": {"Origin": "http://[testserver"},
    "an empty origin": {"Origin": ""},
}
FOREIGN_ORIGINS = {
    "another site": "https://evil.example",
    "sandboxed frame": "null",
    "another port": f"http://{HOST}:8001",
    "our name as a prefix": f"http://{HOST}.evil.example",
    "our name as a suffix": f"http://evil{HOST}",
    "our name as a user": f"http://{HOST}@evil.example",
    "another scheme": f"ftp://{HOST}",
    "a socket's scheme": f"ws://{HOST}",
    "cannot be read": f"http://[{HOST}",
    "no ASCII": f"http://{HOST}\xe9",
    "empty": "",
    "two in one": f"http://{HOST}, https://evil.example",
}
FOREIGN_HOSTS = {
    "rebound name": "evil.example",
    "our name as a prefix": "localhost.evil.example",
    "our name as a suffix": "evil-localhost",
    "our name as a user": "localhost@evil.example",
    "another address of this machine": "127.0.0.2",
    "address of a link": "169.254.169.254",
    "address as a number": "2130706433",
    "all addresses": "0.0.0.0",
    "another IPv6 address": "[::2]",
    "a line break": "localhost\r\nX-Injected: 1",
    "a path": "localhost/evil",
    "two hosts": "localhost, evil.example",
    "empty": "",
}
PLACES = ["/", "/chat/Ann", "/api/sessions", "/api/session/Ann/history", "/health", "/admin/login/"]
SOCKETS = ["/ws/chat/Ann", "/ws/sessions"]


@pytest.mark.parametrize("page", FOREIGN_PAGES)
@pytest.mark.parametrize("call", CHANGING, ids=str)
def test_another_sites_page_cannot_act_with_the_visitors_cookie(
    ann: Browser, stored: Stored, call: Call, page: str
) -> None:
    before = stored()
    answer = ann.send(call, **FOREIGN_PAGES[page])
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert stored() == before


@pytest.mark.parametrize("call", CHANGING[:1] + CHANGING[2:4], ids=str)
def test_without_the_guard_another_sites_page_acts(
    ann: Browser, stored: Stored, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    monkeypatch.setattr(cross_origin, "check_request", lambda _request: None)
    before = stored()
    assert ann.send(call, **FOREIGN_PAGES["another site"]).status_code in {200, 201}
    assert stored() != before


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}],
    ids=["curl", "typed address", "own page", "own page over plain http"],
)
def test_who_is_no_foreign_page_is_let_through(ann: Browser, headers: dict[str, str]) -> None:
    assert ann.send(CHANGING[0], **headers).status_code == 201


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
async def test_another_sites_page_opens_no_socket(path: str, origin: str) -> None:
    assert not await Tab(path, {"origin": FOREIGN_ORIGINS[origin]}).is_accepted()


@pytest.mark.parametrize("path", SOCKETS)
async def test_two_origins_or_two_hosts_open_no_socket(path: str) -> None:
    for name, first, second in (("origin", f"http://{HOST}", "https://evil.example"), ("host", HOST, HOST)):
        tab = Tab(path)
        tab._socket.scope["headers"] = [
            *((n, v) for n, v in tab._socket.scope["headers"] if n != name.encode()),
            (name.encode(), first.encode()),
            (name.encode(), second.encode()),
        ]
        assert not await tab.is_accepted()


@pytest.mark.parametrize("path", SOCKETS)
async def test_without_the_guard_another_sites_page_opens_a_socket(
    path: str, monkeypatch: pytest.MonkeyPatch, elsewhere: Any
) -> None:
    monkeypatch.setattr(cross_origin, "is_own_socket", lambda _headers: True)
    tab = Tab(path, {"origin": "https://evil.example"})
    assert await tab.is_accepted()
    await tab._socket.disconnect()


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_name_that_is_not_ours_is_not_answered(ann: Browser, path: str, host: str) -> None:
    answer = ann.send(Call("GET", path), Host=FOREIGN_HOSTS[host])
    assert answer.status_code == 400
    assert SECRET.encode() not in answer.content


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_a_name_that_is_not_ours_opens_no_socket(path: str, host: str) -> None:
    assert not await Tab(path, {"host": FOREIGN_HOSTS[host]}).is_accepted()


async def test_without_the_guard_a_rebound_name_is_answered(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Any, raw: Any
) -> None:
    for module in ("django.http.request", "nono.web.cross_origin"):
        monkeypatch.setattr(f"{module}.validate_host", lambda *_: True)
    answer = await elsewhere(Browser().send, Call("GET", "/api/personas"), Host="evil.example")
    assert answer.status_code == 200
    tab = Tab("/ws/sessions", {"host": "evil.example"})
    assert await tab.is_accepted()
    await tab._socket.disconnect()


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-Rewrite-URL"])
def test_a_forwarding_header_does_not_change_who_we_are(ann: Browser, header: str) -> None:
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    answer = ann.send(CHANGING[0], **{header: value, "Origin": "http://evil.example"})
    assert answer.status_code == 403
    page = ann.send(Call("GET", "/"), **{header: value})
    assert b"evil.example" not in page.content
    assert "evil.example" not in str(page.headers)


def create_from(addresses: list[str]) -> list[int]:
    """Creates a session in the name of each forwarded address, and returns the statuses."""
    return [
        Browser()
        .send(Call("POST", "/api/session/create", {"user_id": f"n{i}"}), **{"X-Forwarded-For": one})
        .status_code
        for i, one in enumerate(addresses)
    ]


@pytest.mark.parametrize(
    ("proxies", "pattern"),
    [
        (0, "203.0.113.{}"),
        (0, "203.0.113.{}, 10.0.0.1"),
        (1, "203.0.113.{}, 198.51.100.7"),
        (2, "1.1.1.{}, 9.9.9.9, 10.0.0.1"),
    ],
    ids=["no proxy", "no proxy, two hops", "one proxy", "two proxies"],
)
def test_who_forges_where_they_come_from_meets_one_limit(
    ann: Browser, settings: Settings, proxies: int, pattern: str
) -> None:
    settings.NONO_RATE_LIMITS, settings.NONO_TRUSTED_PROXIES = True, proxies
    assert create_from([pattern.format(i) for i in range(22)])[-1] == 429


def test_without_the_count_of_proxies_the_limit_is_walked_around(
    ann: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NONO_RATE_LIMITS = True
    monkeypatch.setattr(client_ip, "_client", lambda forwarded, _peer: forwarded.partition(",")[0])
    assert set(create_from([f"203.0.113.{i}" for i in range(22)])) == {201}
