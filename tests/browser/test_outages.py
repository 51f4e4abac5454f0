"""A line that is down and comes back: what was written meanwhile goes once, in its order, to the chat it was for."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import StartServer, Witness
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_server_that_restarts_gets_what_was_written_meanwhile_once(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    own_nono = start_server()
    witness.address = own_nono.address
    witness.forgive("ERR_CONNECTION_REFUSED|WebSocket connection")
    page = ChatPage(visitor.new_page(), own_nono.address).open()
    page.say("Before")
    page.expect_answers(1)

    own_nono.stop()
    expect(page.pill).to_have_attribute("data-connection", "reconnecting")
    page.say("Meanwhile")
    expect(page.said("Meanwhile")).to_contain_text("Waiting for the connection")
    expect(page.pill).to_contain_text("1 message waiting")
    own_nono.start()

    page.expect_answers(2)
    assert [text for role, text in page.messages() if role == "user"] == ["Before", "Meanwhile"]
    assert page.messages() == page.history(page.user_id())
    page.expect_live()


def test_messages_that_wait_go_in_their_order_and_the_pill_tells_of_it(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    own_nono = start_server()
    witness.address = own_nono.address
    witness.forgive("ERR_CONNECTION_REFUSED|WebSocket connection")
    page = ChatPage(visitor.new_page(), own_nono.address).open()
    page.tab.evaluate("""() => {
        window.told = [];
        const pill = document.getElementById("connection");
        new MutationObserver(() => window.told.push(pill.textContent.trim()))
            .observe(pill, {childList: true, subtree: true, characterData: true});
    }""")
    own_nono.stop()
    expect(page.pill).to_have_attribute("data-connection", "reconnecting")

    page.say("Waits first")
    page.say("Waits second")
    expect(page.pill).to_contain_text("2 messages waiting")
    own_nono.start()

    page.expect_answers(1)
    assert [text for role, text in page.messages() if role == "user"] == ["Waits first", "Waits second"]
    page.expect_live()
    told = page.tab.evaluate("window.told")
    assert told.index("Catching up (2)") < told.index("Back again") < told.index("Live")


def test_a_refused_message_keeps_its_text_and_can_be_sent_again(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    page.expect_live()
    page.say("Once more")
    socket.expect_asked_for("message")
    client_id = socket.heard[-1]["client_id"]
    socket.say("error", code="invalid_request", message="Not just now.", client_id=client_id)
    failed = page.said("Once more")
    expect(failed).to_have_attribute("data-state", "failed")
    expect(failed).to_contain_text("Not just now.")

    socket.let_through()
    failed.get_by_role("button", name="Retry").click()

    expect(failed).to_have_attribute("data-seq", "1")
    page.expect_answers(1)
    assert [text for role, text in page.history(page.user_id()) if role == "user"] == ["Once more"]


def test_a_message_that_is_waiting_survives_a_reload(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    own_nono = start_server()
    witness.address = own_nono.address
    witness.forgive("ERR_INTERNET_DISCONNECTED|WebSocket connection|Failed to load resource")
    page = ChatPage(visitor.new_page(), own_nono.address).open()
    visitor.set_offline(True)
    own_nono.stop()
    page.say("Patience")
    expect(page.said("Patience")).to_have_attribute("data-state", "waiting")

    own_nono.start()
    visitor.set_offline(False)
    page.tab.reload()

    page.expect_answers(1)
    assert [text for role, text in page.history(page.user_id()) if role == "user"] == ["Patience"]


def test_what_was_written_for_a_chat_that_is_gone_does_not_go_into_the_next_one(
    start_server: StartServer, visitor: BrowserContext, witness: Witness
) -> None:
    short = start_server(NONO_SESSION_TTL="4")
    witness.address = short.address
    witness.forgive("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|WebSocket connection")
    page = ChatPage(visitor.new_page(), short.address).open()
    short.stop()
    expect(page.pill).to_have_attribute("data-connection", "reconnecting")
    page.say("For the first chat only")
    expect(page.tab.locator("#clock time")).to_have_text("time is up")
    short.start()
    expect(page.tab.get_by_role("heading", name="gone from our server")).to_be_visible(timeout=20_000)

    page.tab.get_by_role("button", name="Start again", exact=True).click()

    page.expect_live()
    left = page.said("For the first chat only")
    expect(left).to_contain_text("Written for the chat before this one.")
    left.get_by_role("button", name="Edit").click()
    expect(page.composer).to_have_value("For the first chat only")
    assert page.messages() == []
