"""What a visitor can do about a reply: stop it, ask for another, see what it was based on."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def page(socket: ScriptedSocket, nono: Server) -> ChatPage:
    return socket.take_over(ChatPage(socket.tab, nono.address))


def test_send_becomes_stop_and_what_was_said_is_kept_and_marked(visit: Visit) -> None:
    page = visit()
    page.create("Stopped", "Creative Writer")
    page.say("A long story about the sea, please")
    growing = page.transcript.locator("[data-state=streaming] .prose")
    expect(growing).to_contain_text(" ")

    page.tab.get_by_role("button", name="Stop", exact=True).click()

    stopped = page.transcript.locator("[data-state=stopped]")
    expect(stopped).to_contain_text("Stopped here.")
    expect(page.tab.get_by_role("button", name="Send", exact=True)).to_be_visible()
    assert page.messages() == page.history("Stopped")


def test_a_stopped_reply_can_be_asked_for_again(visit: Visit) -> None:
    page = visit()
    page.create("Asked again", "Creative Writer")
    page.say("Another long story, please")
    expect(page.transcript.locator("[data-state=streaming] .prose")).to_contain_text(" ")
    page.tab.keyboard.press("Escape")
    stopped = page.transcript.locator("[data-state=stopped]")

    stopped.get_by_role("button", name="Retry").click()

    expect(page.transcript.locator("[data-state=done][data-seq]")).to_have_count(1, timeout=30_000)
    expect(stopped).to_have_count(0)
    assert [role for role, _ in page.messages()] == ["user", "assistant"]
    assert page.messages() == page.history("Asked again")


def test_escape_stops_while_one_types(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    page.composer.fill("half a thou")

    page.composer.press("Escape")

    socket.expect_asked_for("stop")
    expect(page.composer).to_have_value("half a thou")


def test_what_is_written_meanwhile_can_be_sent(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    expect(page.tab.get_by_role("button", name="Stop", exact=True)).to_be_visible()

    page.composer.fill("One more thing")
    page.tab.get_by_role("button", name="Send", exact=True).click()

    socket.expect_asked_for("message")
    assert not socket.asked_for("stop")


def test_a_double_click_on_send_does_not_stop(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()

    page.tab.get_by_role("button", name="Stop", exact=True).dispatch_event("click", {"detail": 2})

    socket.chunk("Going on")
    expect(page.transcript.locator("[data-state=streaming]")).to_contain_text("Going on")
    assert not socket.asked_for("stop")


@pytest.mark.parametrize(
    ("state", "words"),
    [("stopped", "Stopped here."), ("interrupted", "Interrupted"), ("error", "The answer broke off.")],
)
def test_an_unfinished_reply_says_so_and_offers_another(
    state: str, words: str, socket: ScriptedSocket, page: ChatPage
) -> None:
    socket.start()
    socket.chunk("Half of")
    socket.complete("Half of", state=state)
    answer = page.transcript.locator(f"[data-state={state}]")
    expect(answer).to_contain_text(words)

    answer.get_by_role("button", name="Retry").click()

    socket.expect_asked_for("regenerate")


def test_a_model_that_said_nothing_leaves_nothing_to_copy(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("", state="error")
    answer = page.transcript.locator("[data-state=error]")

    expect(answer).to_contain_text("The model did not answer. Your message is kept.")
    expect(answer.get_by_role("button", name="Retry")).to_be_visible()
    expect(answer.get_by_role("button", name="Copy")).to_be_hidden()
    expect(page.tab.locator("#announcer")).to_have_text("The model did not answer. Your message is kept.")


@pytest.mark.parametrize("seq", [2, 4])
def test_a_reply_that_was_cut_can_be_continued(seq: int, socket: ScriptedSocket, page: ChatPage) -> None:
    if seq == 4:
        socket.start()
        socket.complete("All of it")
    socket.start(in_reply_to=seq - 1)
    socket.complete("One, two,", seq=seq, finish_reason="length")
    cut = page.transcript.locator(f"[data-seq='{seq}']")
    expect(cut).to_contain_text("Cut at the length limit.")
    expect(cut.get_by_role("button", name="Retry")).to_be_hidden()
    expect(page.tab.locator("#announcer")).to_have_text("One, two, Cut at the length limit.")

    cut.get_by_role("button", name="Continue").click()

    socket.expect_asked_for("continue")
    expect(page.transcript.locator("[data-state=streaming]")).to_be_visible()
    expect(cut.get_by_role("button", name="Continue")).to_be_hidden()
    expect(page.composer).to_be_focused()
    socket.start_again(in_reply_to=seq)
    socket.chunk("three")
    socket.complete("three, four.", seq=seq + 1, finish_reason="stop", continues=True)
    expect(page.transcript.locator(f"[data-seq='{seq}'] + [data-seq='{seq + 1}']")).to_contain_text("three, four.")
    expect(page.tab.get_by_role("button", name="Continue")).to_be_hidden()


def test_a_line_below_the_reply_does_not_hide_its_buttons(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("One, two,", finish_reason="length")
    socket.say("observer", present=True)
    expect(page.transcript.locator("[data-seq='2'] + .observed-line")).to_be_visible()

    expect(page.tab.get_by_role("button", name="Continue")).to_be_visible()


def test_a_double_click_on_continue_asks_once(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("One, two,", finish_reason="length")
    button = page.tab.locator("[data-seq='2'] [data-action=continueReply]")

    button.dblclick()
    button.dispatch_event("click", {"detail": 2})

    page.composer.press("Escape")
    socket.expect_asked_for("stop")
    assert [frame["type"] for frame in socket.heard].count("continue") == 1


def test_a_continuation_that_is_refused_leaves_the_button(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("One, two,", finish_reason="length")
    page.tab.get_by_role("button", name="Continue").click()
    expect(page.transcript.locator("[data-state=streaming]")).to_be_visible()

    socket.say("error", code="rate_limited", message="Slower, please.", retry_after=3)

    expect(page.tab.get_by_role("button", name="Continue")).to_be_visible()
    expect(page.tab.locator("#toast")).to_contain_text("Slower, please.")


def test_a_continuation_that_was_cut_can_be_continued_again(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("One,", finish_reason="length")
    socket.start_again(in_reply_to=2)
    socket.complete("two,", seq=3, finish_reason="length", continues=True)

    expect(page.transcript.locator("[data-seq='3']").get_by_role("button", name="Continue")).to_be_visible()
    expect(page.transcript.locator("[data-seq='2']").get_by_role("button", name="Continue")).to_be_hidden()
    expect(page.transcript.locator("[data-seq='2']")).to_contain_text("Cut at the length limit.")


@pytest.mark.parametrize(
    ("finish", "text", "state", "words"),
    [
        ("content_filter", "Half of", "done", "Withheld by the provider."),
        ("content_filter", "", "error", "Withheld by the provider."),
        ("refusal", "I cannot.", "done", "The model declined to answer."),
        ("length", "", "error", "The model reached its length limit before it answered."),
        ("length", "Half of", "stopped", "Stopped here."),
    ],
)
def test_a_reply_says_why_it_ended(
    finish: str, text: str, state: str, words: str, socket: ScriptedSocket, page: ChatPage
) -> None:
    socket.start()
    socket.complete(text, state=state, finish_reason=finish)
    answer = page.transcript.locator("[data-seq='2']")

    expect(answer.locator(".message-state")).to_have_text(words)
    expect(answer.get_by_role("button", name="Continue")).to_be_hidden()
    expect(answer.get_by_role("button", name="Retry")).to_be_visible(visible=state != "done")


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "<b>", "constructor"])
def test_another_end_is_not_marked(finish: str, socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("All of it", finish_reason=finish)

    expect(page.transcript.locator("[data-seq='2'] .message-state")).to_have_text("")
    expect(page.tab.get_by_role("button", name="Continue")).to_be_hidden()


SITE = "The people who run this site have to look at it."


@pytest.mark.parametrize(
    ("reason", "text", "words"),
    [
        ("unreachable", "", "The model cannot be reached. Your message is kept: try again in a moment."),
        ("unreachable", "Half of", "The answer broke off."),
        ("timeout", "", "The model took too long. Your message is kept: try again in a moment."),
        ("key", "", f"The model is not set up correctly. {SITE}"),
        ("model", "", f"The model is not set up correctly. {SITE}"),
        ("parameter", "", f"The model is not set up correctly. {SITE}"),
        ("quota", "", f"The model’s quota is used up. {SITE}"),
        ("broken", "", f"The model’s answer cannot be read. {SITE}"),
        ("internal", "Half of", f"Something went wrong on our side. {SITE}"),
        ("context", "", "Your message is too long for this model: make it shorter."),
        ("policy", "", "Withheld by the provider."),
        ("busy", "", "The model is busy. Try again in a moment."),
        ("empty", "", "The model’s answer was empty. Try again."),
        ("another", "", "The model did not answer. Your message is kept."),
        ("another", "Half of", "The answer broke off."),
    ],
)
def test_a_failed_reply_says_what_a_visitor_can_do(
    reason: str, text: str, words: str, socket: ScriptedSocket, page: ChatPage
) -> None:
    socket.start()
    socket.complete(text, state="error", reason=reason)
    answer = page.transcript.locator("[data-seq='2']")

    expect(answer.locator(".message-state")).to_have_text(words)
    expect(answer.get_by_role("button", name="Retry")).to_be_visible()


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=-5), r"^The model is busy\. Try again in a moment\.$"),
        (timedelta(minutes=30), r"^The model is busy\. Try again at \d\d:\d\d\.$"),
        (timedelta(days=2), r"^The model is busy\. Try again on 22 January at 12:00\.$"),
    ],
)
def test_a_busy_model_says_when_to_come_back(
    ahead: timedelta, words: str, newcomer: BrowserContext, nono: Server
) -> None:
    now = datetime(2026, 1, 20, 12, tzinfo=UTC)
    newcomer.clock.install(time=now)
    socket = ScriptedSocket(newcomer.new_page())
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.resume("", "", now=now)  # which sets the page's clock
    zone = page.tab.evaluate("new Date(2026, 0, 20, 12).getTimezoneOffset()")
    at = now + ahead + timedelta(minutes=zone)

    socket.complete("", state="error", reason="busy", retry_at=at.isoformat())

    expect(page.transcript.locator("[data-seq='2'] .message-state")).to_have_text(re.compile(words))


def test_an_interrupted_reply_says_so_whatever_the_reason(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("Half of", state="interrupted", reason="internal")

    expect(page.transcript.locator("[data-seq='2'] .message-state")).to_have_text(
        "Interrupted: the rest of this answer is lost."
    )


def test_a_finished_reply_is_not_marked(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("All of it")

    answer = page.transcript.locator("[data-state=done][data-seq]")
    expect(answer.get_by_role("button", name="Copy")).to_be_visible()
    expect(answer.get_by_role("button", name="Retry")).to_be_hidden()


REASONING = "First, <b>what</b> is asked?\n\n**Then**, what is known."


def test_reasoning_is_folded_and_shown_as_it_stands(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("Forty-two.", reasoning=REASONING)
    answer = page.transcript.locator("[data-seq='2']")
    told = answer.locator(".reasoning-text")
    expect(told).to_be_hidden()

    answer.locator("summary").focus()
    page.tab.keyboard.press("Enter")

    expect(told).to_be_visible()
    assert told.inner_text() == REASONING
    assert told.locator("*").count() == 0
    assert told.bounding_box()["y"] < answer.locator(".message-text").bounding_box()["y"]  # type: ignore[index]


def test_reasoning_is_no_part_of_what_was_said(socket: ScriptedSocket, page: ChatPage) -> None:
    page.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    socket.start()
    socket.complete("Forty-two.", reasoning=REASONING)
    answer = page.transcript.locator("[data-seq='2']")
    expect(page.tab.locator("#announcer")).to_have_text("Forty-two.")
    answer.locator("summary").click()

    answer.get_by_role("button", name="Copy").click()
    expect(page.tab.locator("#announcer")).to_have_text("Copied")
    assert page.tab.evaluate("navigator.clipboard.readText()") == "Forty-two."
    with page.tab.expect_download() as download:
        page.menu("Text")
    assert "what is known" not in download.value.path().read_text("utf-8")
    page.tab.request.delete(f"{page.address}/api/session/{page.user_id()}/clear")
    socket.say("expired", epoch="")
    page.tab.get_by_role("button", name="Start again with this text as context").click()
    expect(page.composer).to_have_value(re.compile("Forty-two"))
    assert "what is known" not in page.composer.input_value()


def test_an_answer_does_not_move_when_its_reasoning_comes(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.chunk("Forty-two.")
    growing = page.transcript.locator("[data-state=streaming] .prose")
    expect(growing).to_contain_text("Forty-two.")
    before = growing.bounding_box()

    socket.complete("Forty-two.", reasoning=REASONING)

    expect(page.transcript.locator("[data-seq='2'] summary")).to_be_visible()
    assert page.transcript.locator("[data-seq='2'] .prose").bounding_box() == before


def test_long_reasoning_is_read_from_its_beginning(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("Forty-two.", reasoning="A line.\n" * 200)
    summary = page.transcript.locator("[data-seq='2'] summary")
    jump = page.tab.locator("#jump")
    expect(summary).to_be_visible()
    before = summary.bounding_box()

    summary.click()

    expect(jump).to_be_visible()
    assert summary.bounding_box() == before
    summary.click()
    expect(jump).to_be_hidden()
    summary.click()
    jump.click()
    expect(page.transcript.get_by_text("Forty-two.")).to_be_in_viewport()


def test_a_reply_without_reasoning_has_nothing_to_unfold(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("Forty-two.", reasoning="")

    expect(page.transcript.locator("[data-seq='2']")).to_be_visible()
    expect(page.transcript.locator("summary")).to_have_count(0)


def test_the_downloaded_text_says_how_replies_ended(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.start()
    socket.complete("One, two,", finish_reason="length")
    socket.start(in_reply_to=3)
    socket.complete("", seq=4, state="error", reason="context")
    expect(page.transcript.locator("[data-seq='4']")).to_be_visible()

    with page.tab.expect_download() as download:
        page.menu("Text")

    text = download.value.path().read_text("utf-8")
    assert "\nOne, two,\n(Cut at the length limit.)\n\n" in text
    assert text.endswith("\n(Your message is too long for this model: make it shorter.)\n")
    assert "Sent" not in text


def test_a_line_shows_where_the_reading_begins(socket: ScriptedSocket, page: ChatPage) -> None:
    line = page.tab.get_by_text("Nono no longer reads above this line")
    socket.start()
    socket.complete("First answer")
    expect(page.transcript.locator("[data-seq='2']")).to_be_visible()
    expect(line).to_have_count(0)

    socket.start(in_reply_to=3, context_from=3)

    expect(line).to_be_visible()
    assert page.transcript.locator(".context-line + [data-seq='3']").count() == 1
    socket.complete("Second answer", seq=4, context_from=2)
    expect(page.transcript.locator(".context-line + [data-seq='2']")).to_have_count(1)


def test_the_line_moves_when_the_oldest_turns_were_dropped(socket: ScriptedSocket, page: ChatPage) -> None:
    for seq in (1, 3, 5):
        socket.start(in_reply_to=seq)
        socket.complete("An answer", seq=seq + 1)
    socket.start(in_reply_to=7, context_from=1)
    expect(page.transcript.locator("[data-state=streaming]")).to_be_visible()
    expect(page.transcript.locator(".context-line")).to_have_count(0)

    socket.complete("The newest answer", seq=8, context_from=5)

    expect(page.transcript.locator("[data-seq='4'] + .context-line + [data-seq='5']")).to_have_count(1)
