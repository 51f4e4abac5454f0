"""chat/outbox.js: unconfirmed messages of the open chat, kept in the tab's storage."""

import pytest

from tests.browser.modules.conftest import ModulePage

IDS = "outbox.all().map(({ clientId }) => clientId)"


@pytest.fixture
def outbox(page: ModulePage) -> ModulePage:
    page.open()
    page.run(
        """
        const outbox = await load("chat/outbox.js");
        outbox.openOutbox("Zoë");
        for (const clientId of ["a", "b", "c"]) outbox.put({ clientId, text: clientId, failed: "" });
        """
    )
    return page


def run(page: ModulePage, script: str) -> object:
    return page.run(f'const outbox = await load("chat/outbox.js"); {script}')


def test_messages_are_kept_in_the_order_of_writing(outbox: ModulePage) -> None:
    assert run(outbox, f"return {IDS}") == ["a", "b", "c"]


def test_a_changed_message_keeps_its_place(outbox: ModulePage) -> None:
    assert run(outbox, f'outbox.put({{ clientId: "b", text: "new" }}); return {IDS}') == ["a", "b", "c"]
    assert run(outbox, 'return outbox.find("b").text') == "new"


def test_messages_survive_a_reload(outbox: ModulePage) -> None:
    outbox.tab.reload()

    assert run(outbox, f'outbox.openOutbox("Zoë"); return {IDS}') == ["a", "b", "c"]


def test_every_chat_has_its_own_messages(outbox: ModulePage) -> None:
    assert run(outbox, f'outbox.openOutbox("Sam"); return {IDS}') == []
    assert run(outbox, f'outbox.openOutbox("Zoë"); return {IDS}') == ["a", "b", "c"]


def test_a_removed_message_is_returned_and_does_not_come_back(outbox: ModulePage) -> None:
    assert run(outbox, 'return outbox.remove("b").text') == "b"
    outbox.tab.reload()

    assert run(outbox, f'outbox.openOutbox("Zoë"); return {IDS}') == ["a", "c"]


def test_an_unknown_message_cannot_be_removed(outbox: ModulePage) -> None:
    assert run(outbox, f'const removed = outbox.remove("d"); return [removed ?? null, ...{IDS}]') == [
        None,
        "a",
        "b",
        "c",
    ]


def test_a_failed_message_is_not_sent_again_by_itself(outbox: ModulePage) -> None:
    run(outbox, 'outbox.put({ clientId: "a", text: "a", failed: "Too long." })')

    assert run(outbox, "return outbox.unsent().map(({ clientId }) => clientId)") == ["b", "c"]


def test_damaged_storage_counts_as_empty(outbox: ModulePage) -> None:
    outbox.tab.evaluate("sessionStorage.setItem('nono:unsent:Zoë', '[{')")

    assert run(outbox, f'outbox.openOutbox("Zoë"); return {IDS}') == []
