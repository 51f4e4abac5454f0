"""A Nono with the settings shipped for production, behind a real nginx with the configuration shipped for it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from websockets.exceptions import InvalidStatus

from nono.environment import Environment
from nono.server.http_limits import refusal
from nono.web.strict_json import MAX_BODY_BYTES
from tests.support.https_client import ORIGIN, begin, call, expect, next_event, tab
from tests.support.proxy import NAME, SHIPPED, Proxy, production
from tests.support.scripted_endpoint import ModelEndpoint
from tests.support.server import Server
from tests.support.stepped_model import Prompted, running

pytestmark = [pytest.mark.nginx, pytest.mark.slow]

PERSON = "Maria"
"""Stands in addresses, and must stand in no log."""
EVENTS = "text/event-stream"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ModelEndpoint]:
    with running(Prompted()) as endpoint:
        yield endpoint


@pytest.fixture
def model(endpoint: ModelEndpoint) -> Prompted:
    prompted = Prompted()
    endpoint.conducts = [prompted]
    return prompted


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("behind")


@pytest.fixture(scope="module")
def nono(endpoint: ModelEndpoint, data: Path) -> Iterator[Server]:
    with production(data, LLM_BASE_URL=endpoint.base_url, LLM_MODEL="tiny") as server:
        yield server


@pytest.fixture(scope="module")
def proxy(nono: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(tmp_path_factory.mktemp("nginx"), nono.address) as proxy:
        yield proxy


def test_the_page_comes_by_https_for_a_year_and_its_cookie_with_it(proxy: Proxy) -> None:
    page = proxy.ask("GET", "/")

    assert page.status == 200
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert "Secure" in page.headers["Set-Cookie"].split("; ")
    assert "Server" not in page.headers or "/" not in page.headers["Server"]  # no version
    script = re.search(r'src="(/static/js/app\.[0-9a-f]{12}\.js)"', page.read().decode())
    assert script
    assert "immutable" in proxy.ask("GET", script[1]).headers["Cache-Control"]


def test_on_this_machine_it_is_asked_without_the_proxy(nono: Server) -> None:
    for path in ("/ready", "/health", "/metrics"):
        with urlopen(nono.address + path) as answer:
            assert answer.status == 200


def test_plain_http_is_sent_to_https_whatever_name_it_gives(proxy: Proxy) -> None:
    for forged in ({}, {"Host": "evil.example"}, {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example"}):
        redirect = proxy.ask_plainly("GET", "/help?a=1", **forged)
        assert (redirect.status, redirect.headers["Location"]) == (308, f"{ORIGIN}/help?a=1")


def test_a_chat_is_held_by_a_secure_socket_word_by_word(proxy: Proxy, model: Prompted) -> None:
    cookie = begin(proxy, PERSON)
    with tab(proxy, PERSON, cookie) as socket:
        expect(socket, "welcome")
        socket.send(json.dumps({"type": "message", "text": "Hello?"}))
        for word in ("One.", "Two.", "Three."):
            assert expect(socket, "chunk")["content"].strip() == word
            model.go_on()
        assert expect(socket, "complete")["response"] == "One. Two. Three."


def test_events_arrive_one_by_one(proxy: Proxy, model: Prompted) -> None:
    cookie = begin(proxy, "Events")

    answer = call(proxy, "POST", "/api/chat", {"user_id": "Events", "message": "?"}, Accept=EVENTS, Cookie=cookie)

    assert answer.status == 200
    for word in ("One.", "Two.", "Three."):  # the model has not said, or even thought of, the next one yet
        assert next_event(answer, "chunk")["content"].strip() == word
        model.go_on()
    assert next_event(answer, "complete")["response"] == "One. Two. Three."


def test_a_proxy_that_does_not_heed_the_mark_holds_them_back(nono: Server, model: Prompted, tmp_path: Path) -> None:
    deaf = ("proxy_http_version 1.1;", "proxy_http_version 1.1; proxy_ignore_headers X-Accel-Buffering;")
    with Proxy(tmp_path / "nginx", nono.address, deaf=deaf) as proxy:
        cookie = begin(proxy, "Held")
        message = {"user_id": "Held", "message": "?"}
        with pytest.raises(TimeoutError):
            next_event(call(proxy, "POST", "/api/chat", message, patience=1, Accept=EVENTS, Cookie=cookie), "chunk")
        for _ in range(3):
            model.go_on()


def test_who_forges_where_they_come_from_is_counted_where_they_are(proxy: Proxy) -> None:
    forged = [{"X_Forwarded_For": f"198.51.100.{i}", "Forwarded": f"for=198.51.100.{i}"} for i in range(21)]
    sent = [
        call(proxy, "POST", "/api/session/create", {"user_id": f"Many {i}"}, source="127.0.0.2", **headers).status
        for i, headers in enumerate(forged)
    ]
    other = call(proxy, "POST", "/api/session/create", {"user_id": "Other"}, X_Forwarded_For="127.0.0.2")

    assert sent == [201] * 20 + [429]
    assert other.status == 201


def test_a_proxy_that_hands_on_what_clients_say_is_walked_around(nono: Server, tmp_path: Path) -> None:
    believing = ("X-Forwarded-For $remote_addr", "X-Forwarded-For $http_x_forwarded_for")
    with Proxy(tmp_path / "nginx", nono.address, believing=believing) as proxy:
        sent = {
            call(
                proxy, "POST", "/api/session/create", {"user_id": f"Forged {i}"}, X_Forwarded_For=f"198.51.100.{i}"
            ).status
            for i in range(21)
        }
    assert sent == {201}


def test_no_forged_header_makes_it_plain_http_or_another_site(proxy: Proxy) -> None:
    plain = proxy.ask("GET", "/", X_Forwarded_Proto="http", X_Forwarded_Host="evil.example", X_Forwarded_Port="80")

    assert plain.status == 200
    assert "Secure" in plain.headers["Set-Cookie"].split("; ")
    assert b"evil.example" not in plain.read()
    assert proxy.ask("GET", "/", Host="evil.example").status == 400


@pytest.mark.parametrize("told", [True, False], ids=["declared", "found-out"])
def test_a_body_over_the_bound_is_refused_as_nono_itself_does(told: bool, proxy: Proxy) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    sent = body if told else iter([body[:1000], body[1000:]])
    refused = proxy.ask("POST", "/api/chat", sent, Content_Type="application/json")

    headers, content = refusal(413, b"/api/chat")
    assert refused.status == 413
    assert refused.read() == content
    for name in ("Content-Type", "Cache-Control"):
        assert refused.headers[name] == dict(headers)[name.encode()].decode()


@pytest.mark.parametrize("told", [True, False], ids=["declared", "found-out"])
def test_a_body_within_the_bound_passes_through_memory(told: bool, proxy: Proxy) -> None:
    # The folder for bodies on the disk is gone: nginx could only answer 500.
    body = b" " * MAX_BODY_BYTES
    refused = proxy.ask("POST", "/api/chat", body if told else iter([body]), Content_Type="application/json")

    assert json.load(refused)["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/metrics", "/metrics?a", "//metrics", "/%6detrics", "/x/../metrics", "/./metrics"])
def test_nobody_outside_reads_the_numbers(path: str, proxy: Proxy) -> None:
    assert proxy.ask("GET", path, X_Forwarded_For="127.0.0.1").status == 404


def test_without_that_place_nono_itself_refuses(nono: Server, tmp_path: Path) -> None:
    with Proxy(tmp_path / "nginx", nono.address, open=("location = /metrics", "location = /elsewhere")) as proxy:
        assert proxy.ask("GET", "/metrics").status == 403


def test_another_sites_page_neither_calls_nor_opens_a_socket(proxy: Proxy) -> None:
    cookie = begin(proxy, "Own")
    foreign = {"Cookie": cookie, "Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}

    assert json.load(call(proxy, "DELETE", "/api/session/Own/clear", **foreign))["code"] == "cross_origin"
    for origin in ("https://evil.example", f"https://{NAME}:444", f"http://{NAME}.evil.example"):
        with pytest.raises(InvalidStatus, match="403"), tab(proxy, "Own", cookie, origin):
            pass
    with tab(proxy, "Own", cookie) as socket:
        expect(socket, "welcome")


def logged_of_a_chat(proxy: Proxy) -> str:
    """Returns what nginx has logged of a call and of a refusal, all of it."""
    with proxy:
        call(proxy, "GET", f"/api/session/{PERSON}/history")
        call(proxy, "POST", f"/api/session/{PERSON}/extend", "x" * MAX_BODY_BYTES)
    return proxy.logged()


def test_nobodys_name_is_in_a_log_of_the_proxy(nono: Server, tmp_path: Path) -> None:
    assert PERSON not in logged_of_a_chat(Proxy(tmp_path, nono.address))


@pytest.mark.parametrize(("quiet", "usual"), [("access_log off;", ""), ("nono.log crit;", "nono.log;")])
def test_the_usual_logs_of_a_proxy_have_the_names(quiet: str, usual: str, nono: Server, tmp_path: Path) -> None:
    assert PERSON in logged_of_a_chat(Proxy(tmp_path, nono.address, usual=(quiet, usual)))


def test_one_of_two_processes_may_stop(nono: Server, data: Path, tmp_path: Path) -> None:
    with production(data) as other:
        servers = " ".join(f"server {one.address.removeprefix('http://')};" for one in (nono, other))
        upstream = "map $http_upgrade", f"upstream nono {{ {servers} }} map $http_upgrade"
        several = f"proxy_pass {nono.address}", "proxy_pass http://nono"
        with Proxy(tmp_path / "nginx", nono.address, upstream=upstream, several=several) as proxy:
            cookie = begin(proxy, "Two")
            told = [call(proxy, "GET", "/api/session/Two/history", Cookie=cookie).status for _ in range(4)]
            other.stop()
            told += [call(proxy, "GET", "/api/session/Two/history", Cookie=cookie).status for _ in range(4)]
    assert told == [200] * 8


def test_it_waits_longer_than_a_reply_may_take() -> None:
    waits = re.search(r"proxy_read_timeout (\d+)s;", SHIPPED.read_text())

    assert waits
    assert int(waits[1]) > Environment.model_fields["LLM_TIMEOUT"].default
