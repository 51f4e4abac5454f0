"""The page in front of a real server whose model thinks, loads, stops early and refuses."""

import asyncio
import re
import threading
from collections.abc import Iterator

import pytest
from aiohttp import web
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import StartServer, Witness
from tests.support.scripted_endpoint import DONE, ENDING, ModelEndpoint, event, piece, refuses, says, sends
from tests.support.server import Server
from tests.support.stepped_model import PATIENCE, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

CUT = (piece("One, two,"), piece(None, finish="length"), DONE)


class InTurns:
    """A model that sends the next part only when the test has seen the one before."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self._may_go_on = threading.Semaphore(0)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for part in self._parts:
            await response.write(part)
            await asyncio.to_thread(self._may_go_on.acquire, timeout=PATIENCE)
        await response.write(b"".join(ENDING))
        return response

    def go_on(self) -> None:
        self._may_go_on.release()


@pytest.fixture(scope="module")
def model() -> Iterator[ModelEndpoint]:
    with running(says("Hello.")) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def modelled_nono(model: ModelEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose model is the tests' own, and which shows its reasoning."""
    folder = tmp_path_factory.mktemp("modelled")
    server = Server(folder, LLM_BASE_URL=model.base_url, LLM_MODEL="tiny", NONO_SHOW_REASONING="on")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(modelled_nono: Server, visitor: BrowserContext, witness: Witness) -> ChatPage:
    witness.address = modelled_nono.address
    return ChatPage(visitor.new_page(), modelled_nono.address).open()


def reasoning(text: str) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"reasoning_content": text}, "finish_reason": None}]})


def test_a_model_that_thinks_says_so_until_it_answers(model: ModelEndpoint, page: ChatPage) -> None:
    model.conducts = [conduct := InTurns(reasoning("What is asked?"), piece("Forty-two."))]
    page.say("What is the answer?")
    waiting = page.transcript.locator(".dots-wait")
    expect(waiting).to_contain_text("is thinking")
    page.tab.reload()
    expect(waiting).to_contain_text("is thinking")

    conduct.go_on()

    expect(page.transcript.locator("[data-state=streaming] .prose")).to_have_text("Forty-two.")
    conduct.go_on()
    page.expect_answers(1)
    page.transcript.locator("[data-seq='2'] summary").click()
    expect(page.transcript.locator(".reasoning-text")).to_have_text("What is asked?")
    assert page.messages() == page.history(page.user_id())


def test_reasoning_that_came_as_text_is_taken_back(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    conduct = InTurns(piece("The user asks "), piece("much.</think>\n\nForty-two."))
    with running(conduct) as model:
        # A server of its own: this one knows from then on how the model begins.
        nono = start_server(LLM_BASE_URL=model.base_url, LLM_MODEL="tiny")
        witness.address = nono.address
        page = ChatPage(visitor.new_page(), nono.address).open()
        assert_is_taken_back(conduct, page)


def assert_is_taken_back(conduct: InTurns, page: ChatPage) -> None:
    page.say("What is the answer?")
    growing = page.transcript.locator("[data-state=streaming] .prose")
    expect(growing).to_contain_text("The user asks")

    conduct.go_on()

    expect(growing).to_have_text("Forty-two.")
    conduct.go_on()
    page.expect_answers(1)
    assert page.messages()[1] == ("assistant", "Fortytwo")
    assert page.messages() == page.history(page.user_id())


def test_a_reply_that_was_cut_is_continued_in_a_bubble_of_its_own(model: ModelEndpoint, page: ChatPage) -> None:
    model.conducts = [sends(*CUT), says(" three,", " four.")]
    page.say("Count to four")
    cut = page.transcript.locator("[data-seq='2']")
    expect(cut).to_contain_text("Cut at the length limit.")

    cut.get_by_role("button", name="Continue").click()

    page.expect_answers(2)
    expect(page.transcript.locator("[data-seq='2'] + [data-seq='3']")).to_contain_text("three, four.")
    expect(page.tab.get_by_role("button", name="Continue")).to_be_hidden()
    page.tab.reload()
    page.expect_answers(2)
    assert page.messages() == page.history(page.user_id())


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "The model is not set up correctly."),
        (429, {"Retry_After": "7200"}, r"The model is busy\. Try again (on .+ )?at \d\d:\d\d\."),
    ],
)
def test_a_refusal_is_said_in_words(
    status: int, headers: dict[str, str], words: str, model: ModelEndpoint, page: ChatPage
) -> None:
    model.conducts = [refuses(status, **headers)]
    page.say("Hello")

    failed = page.transcript.locator("[data-state=error]")
    expect(failed.locator(".message-state")).to_have_text(re.compile(words))
    model.conducts = [says("Hello.")]
    failed.get_by_role("button", name="Retry").click()
    expect(page.transcript.locator("[data-state=done][data-seq='2']")).to_contain_text("Hello.")


def test_a_model_that_is_being_loaded_says_so(model: ModelEndpoint, page: ChatPage) -> None:
    model.conducts = [refuses(503)]
    page.say("Hello")
    expect(page.transcript.locator(".dots-wait")).to_contain_text("The model is being loaded")

    model.conducts = [says("Hello.")]

    expect(page.transcript.locator("[data-seq='2']")).to_contain_text("Hello.", timeout=30_000)
