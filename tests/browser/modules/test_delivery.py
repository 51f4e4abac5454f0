"""chat/delivery.js: sends one message after the other, each once the one before it is settled."""

import pytest

from tests.browser.modules.conftest import ModulePage

TRANSCRIPT = """
export const shown = new Map();
export const addMessage = ({ id }, { state, reason }) => shown.set(id, { state, reason });
export const removeMessage = (id) => shown.delete(id);
"""
CONNECTION = """
export const counts = [];
export const showWaiting = (count) => counts.push(count);
"""
BODY = '<p id="announcer"></p><p id="delivery-note"></p><div class="message" data-id=""><button></button></div>'
START = """
    const delivery = await load("chat/delivery.js");
    const pause = await load("chat/pause.js");
    pause.init();
    Object.assign(window, { sent: [], reconnects: 0, online: true });
    const send = (frame) => window.online && Boolean(window.sent.push(frame));
    delivery.startDelivery({ user_id: "Zoë", session_id: "first" }, send, () => (window.reconnects += 1));
"""


@pytest.fixture
def delivery(page: ModulePage) -> ModulePage:
    page.open_with_stopped_clock(BODY, transcript=TRANSCRIPT, connection=CONNECTION)
    page.run(START)
    return page


def run(page: ModulePage, script: str) -> object:
    return page.run(f'const delivery = await load("chat/delivery.js"); {script}')


def post(page: ModulePage, *texts: str) -> None:
    for text in texts:
        assert page.run('return (await load("chat/delivery.js")).post(argument)', text) is True


def sent(page: ModulePage) -> list[str]:
    texts: list[str] = page.tab.evaluate("window.sent.map(({ text }) => text)")
    return texts


def states(page: ModulePage) -> list[str]:
    found: list[str] = page.run(
        'return Array.from((await load("chat/transcript.js")).shown.values(), ({ state }) => state)'
    )
    return found


def reason(page: ModulePage) -> str:
    found: str = page.run('return Array.from((await load("chat/transcript.js")).shown.values()).at(-1).reason')
    return found


def counts(page: ModulePage) -> dict[str, int]:
    found: dict[str, int] = page.run('return (await load("chat/connection.js")).counts.at(-1)')
    return found


def acknowledge_newest(page: ModulePage) -> None:
    run(page, "delivery.acknowledge(window.sent.at(-1).client_id)")


def press(page: ModulePage, function: str) -> object:
    """Calls a function with a button of the message that was sent last."""
    return run(
        page,
        f"""
        const message = document.querySelector(".message");
        message.dataset.id = window.sent.at(-1).client_id;
        return delivery.{function}(message.querySelector("button"));
        """,
    )


def test_without_an_open_chat_nothing_can_be_posted(page: ModulePage) -> None:
    page.open(BODY, transcript=TRANSCRIPT, connection=CONNECTION)

    assert run(page, 'return delivery.post("Hello")') is False


def test_a_message_goes_when_the_one_before_it_is_acknowledged(delivery: ModulePage) -> None:
    post(delivery, "one", "two", "three")
    assert sent(delivery) == ["one"]
    assert counts(delivery) == {"waiting": 2, "unconfirmed": 3}

    acknowledge_newest(delivery)
    assert sent(delivery) == ["one", "two"]

    acknowledge_newest(delivery)
    acknowledge_newest(delivery)
    assert sent(delivery) == ["one", "two", "three"]
    assert counts(delivery) == {"waiting": 0, "unconfirmed": 0}


def test_a_message_written_offline_waits_for_the_connection(delivery: ModulePage) -> None:
    delivery.tab.evaluate("window.online = false")
    post(delivery, "one")
    assert states(delivery) == ["waiting"]
    assert counts(delivery) == {"waiting": 1, "unconfirmed": 1}

    delivery.tab.evaluate("window.online = true")
    run(delivery, "delivery.deliverAll()")
    assert sent(delivery) == ["one"]
    assert states(delivery) == ["sending"]


def test_what_was_not_acknowledged_is_sent_again_under_the_same_id(delivery: ModulePage) -> None:
    post(delivery, "one")
    run(delivery, "delivery.markOffline()")
    assert states(delivery) == ["waiting"]

    run(delivery, "delivery.deliverAll()")
    assert sent(delivery) == ["one", "one"]
    assert delivery.tab.evaluate("new Set(window.sent.map(({ client_id }) => client_id)).size") == 1


def test_without_an_acknowledgement_the_line_is_renewed(delivery: ModulePage) -> None:
    post(delivery, "one")
    delivery.tab.clock.run_for(9_900)
    assert delivery.tab.evaluate("window.reconnects") == 0

    delivery.tab.clock.run_for(200)
    assert delivery.tab.evaluate("window.reconnects") == 1


def test_an_acknowledged_message_does_not_renew_the_line(delivery: ModulePage) -> None:
    post(delivery, "one")
    acknowledge_newest(delivery)
    delivery.tab.clock.run_for(20_000)

    assert delivery.tab.evaluate("window.reconnects") == 0


def test_after_five_tries_a_message_fails_and_the_next_one_goes(delivery: ModulePage) -> None:
    post(delivery, "one", "two")
    for _ in range(5):
        run(delivery, "delivery.deliverAll()")

    assert sent(delivery) == ["one"] * 5 + ["two"]
    assert states(delivery) == ["failed", "sending"]


def test_a_rejected_message_fails_with_its_reason_and_the_next_one_goes(delivery: ModulePage) -> None:
    post(delivery, "one", "two")
    run(delivery, 'delivery.rejectMessage(window.sent[0].client_id, { code: "too_large", sentence: "Too long." })')

    assert states(delivery) == ["failed", "sending"]
    assert sent(delivery) == ["one", "two"]


def test_a_pause_that_the_server_asks_for_is_waited_out(delivery: ModulePage) -> None:
    post(delivery, "one", "two")
    run(
        delivery,
        """delivery.rejectMessage(
            window.sent[0].client_id, { code: "rate_limited", sentence: "Slower.", retryAfter: 3 }
        )""",
    )
    note = delivery.tab.locator("#delivery-note")
    assert states(delivery) == ["waiting", "waiting"]
    assert note.text_content() == "A little slower, please: 2 messages wait, the next one goes in 3 s."

    delivery.tab.clock.run_for(2_500)
    assert sent(delivery) == ["one"]
    delivery.tab.clock.run_for(1_000)
    assert sent(delivery) == ["one", "one"]

    acknowledge_newest(delivery)
    acknowledge_newest(delivery)
    assert sent(delivery) == ["one", "one", "two"]
    assert note.text_content() == ""


def test_a_message_for_the_chat_before_this_one_is_not_sent_by_itself(delivery: ModulePage) -> None:
    delivery.tab.evaluate("window.online = false")
    post(delivery, "one")
    run(delivery, 'window.online = true; delivery.switchDelivery("second"); delivery.deliverAll()')

    assert sent(delivery) == []
    assert states(delivery) == ["failed"]
    assert reason(delivery) == "Written for the chat before this one."


def test_a_failed_message_can_be_sent_again(delivery: ModulePage) -> None:
    post(delivery, "one")
    run(delivery, 'delivery.rejectMessage(window.sent[0].client_id, { code: "too_large", sentence: "Too long." })')
    press(delivery, "retryMessage")

    assert sent(delivery) == ["one", "one"]
    assert states(delivery) == ["sending"]


def test_a_withdrawn_message_is_returned_and_leaves_the_transcript(delivery: ModulePage) -> None:
    post(delivery, "one")
    run(delivery, 'delivery.rejectMessage(window.sent[0].client_id, { code: "too_large", sentence: "Too long." })')

    assert press(delivery, "withdrawMessage") == "one"
    assert states(delivery) == []
