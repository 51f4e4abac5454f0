"""The exported HTML file in a browser: it looks right, and neither loads nor runs anything."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chat_app.export.formats import export
from chat_app.memory import History
from sessions_app.session import Session

pytestmark = pytest.mark.browser

HOSTILE = """</p></style></title><script>document.title = "taken over"</script>
<img src="http://evil.example/x" onerror="document.title = 'taken over'">"""


def page_of(*texts: str) -> bytes:
    """An exported chat in which a visitor said these things."""
    session = Session("session_Ann_1", "Ann", "default", "2026-11-22T17:00:00+00:00", "", len(texts), 1_795_372_000_000)
    said = [{"role": "user", "content": text, "timestamp": "2026-11-22T17:00:09+00:00"} for text in texts]
    return export(History(session, tuple(json.dumps(one).encode() for one in said)), "html").content


def test_the_file_shows_hostile_text_and_loads_and_runs_nothing(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "chat.html"
    file.write_bytes(page_of(HOSTILE))
    requested: list[str] = []
    complaints: list[str] = []
    with chromium.new_context() as context:
        context.on("request", lambda request: requested.append(request.url))
        context.on("console", lambda said: complaints.append(said.text))
        page = context.new_page()
        page.goto(file.as_uri())

        assert page.locator(".text").inner_text() == HOSTILE
        assert page.title().startswith("Ann and ")
        assert requested == [file.as_uri()]
        assert complaints == []


def test_its_policy_refuses_what_somebody_puts_into_the_file(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "chat.html"
    planted = b"<script>document.title = 'taken over'</script><style>body { display: none }</style></body>"
    file.write_bytes(page_of("hello").replace(b"</body>", planted))
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(file.as_uri())

        assert page.title().startswith("Ann and ")
        assert page.locator(".text").is_visible()


def test_it_has_a_light_a_dark_and_a_printed_look_and_fits_a_phone(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "chat.html"
    file.write_bytes(page_of("word" * 200))
    with chromium.new_context(viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        background = "getComputedStyle(document.body).backgroundColor"

        page.emulate_media(color_scheme="light")
        assert page.evaluate(background) == "rgb(246, 244, 238)"
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(background) == "rgb(21, 25, 26)"
        page.emulate_media(color_scheme="dark", media="print")
        assert page.evaluate(background) == "rgb(255, 255, 255)"
        assert page.evaluate("document.documentElement.scrollWidth") == 320
