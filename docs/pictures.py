"""Makes the pictures of the documentation from the running page: ``make pictures``.

It starts Nono with a data folder of its own, talks to Clara in a real Chromium and writes ``docs/img/*.png``.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.chat_page import ChatPage
from tests.support.chromium import running_chromium
from tests.support.server import Server

PICTURES = Path(__file__).parent / "img"
SAID = ("I feel tired because work is a lot.", "Mostly the evenings: I cannot switch off.")


def main() -> None:
    """Takes all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nono-pictures-") as data, running_chromium() as browser:
        nono = Server(Path(data))
        nono.start()
        try:
            take_page(browser, nono.address)
            take_phone(browser, nono.address)
        finally:
            nono.stop()


def take_page(browser: Browser, address: str) -> None:
    """Takes a chat with Clara on a desktop."""
    context = browser.new_context(viewport={"width": 1100, "height": 760}, device_scale_factor=1.5)
    page = ChatPage(context.new_page(), address).open()
    talk_to_clara(page, "Evenings")
    page.tab.screenshot(path=PICTURES / "page.png", animations="disabled")
    context.close()


def take_phone(browser: Browser, address: str) -> None:
    """Takes the list of sessions on a phone, in the dark."""
    context = browser.new_context(
        viewport={"width": 390, "height": 780}, device_scale_factor=2, has_touch=True, color_scheme="dark"
    )
    page = ChatPage(context.new_page(), address).open()
    page.create("Holiday plans", "Creative Writer")
    page.create("Printer trouble", "Technical Support")
    talk_to_clara(page, "Sam")
    page.tab.get_by_role("button", name="Sessions").click()
    expect(page.row("Printer trouble")).to_be_visible()
    page.tab.screenshot(path=PICTURES / "phone.png", animations="disabled")
    context.close()


def talk_to_clara(page: ChatPage, name: str) -> None:
    """Opens a chat with Clara and has a short conversation."""
    page.create(name, "Clara")
    for number, text in enumerate(SAID, start=1):
        page.composer.fill(text)
        page.tab.get_by_role("button", name="Send").click()
        page.expect_answers(number)
    page.tab.mouse.move(0, 0)


if __name__ == "__main__":
    main()
