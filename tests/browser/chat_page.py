"""What a visitor does on the page and sees there."""

from urllib.parse import quote, unquote

from playwright.sync_api import Locator, Page, expect


def as_read(role: str, text: str) -> tuple[str, str]:
    """Returns what Markdown and its rendering have in common; a visitor's text stays as it is."""
    return role, text if role == "user" else "".join(filter(str.isalpha, text))


class ChatPage:
    """One tab with Nono's page in it."""

    def __init__(self, tab: Page, address: str) -> None:
        self.tab = tab
        self.address = address
        self.composer = tab.get_by_label("Your message")
        self.log = tab.get_by_role("log")
        self.pill = tab.locator("#connection")
        self.transcript = tab.locator("#transcript")
        self.new_modal = tab.get_by_role("dialog", name="New session")
        self.sessions_modal = tab.get_by_role("dialog", name="Sessions")

    def open(self, user_id: str = "") -> "ChatPage":
        """Opens the page, on a chat where one is named, and waits until it is live."""
        self.tab.goto(f"{self.address}/chat/{quote(user_id)}" if user_id else f"{self.address}/")
        self.expect_live()
        return self

    def expect_live(self) -> None:
        """Waits for the socket."""
        expect(self.pill).to_have_attribute("data-connection", "live", timeout=20_000)

    def create(self, name: str = "", persona: str = "Default Assistant") -> None:
        """Creates a chat by the form and waits until it is live."""
        self.try_to_create(name, persona)
        expect(self.new_modal).to_be_hidden()
        self.expect_live()

    def try_to_create(self, name: str, persona: str = "Default Assistant") -> None:
        """Fills the form and submits it."""
        self.tab.get_by_role("button", name="New", exact=True).click()
        self.new_modal.get_by_label("Display name").fill(name)
        self.new_modal.get_by_label(persona).check()
        self.new_modal.get_by_role("button", name="Start chat").click()

    def say(self, text: str) -> None:
        """Writes a message and sends it."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def said(self, text: str) -> Locator:
        """Returns the visitor's messages that read exactly so."""
        return self.transcript.locator(".message[data-role=user]").filter(
            has=self.tab.locator(".message-text").get_by_text(text, exact=True)
        )

    def expect_answers(self, count: int) -> None:
        """Waits until so many replies are stored and nothing is being written."""
        expect(self.transcript.locator(".message[data-role=assistant][data-seq]")).to_have_count(count, timeout=20_000)
        expect(self.transcript.locator("[data-state=streaming]")).to_have_count(0)

    def messages(self) -> list[tuple[str, str]]:
        """Returns role and text of everything that is stored, from top to bottom; of answers, only the letters."""
        stored = self.transcript.locator(".message[data-seq]").all()
        return [
            as_read(item.get_attribute("data-role") or "", item.locator(".message-text").text_content() or "")
            for item in stored
        ]

    def history(self, user_id: str) -> list[tuple[str, str]]:
        """Returns the same from the REST API."""
        answer = self.tab.request.get(f"{self.address}/api/session/{quote(user_id)}/history").json()
        return [as_read(message["role"], message["content"]) for message in answer["messages"]]

    def user_id(self) -> str:
        """Returns the name in the header."""
        return self.tab.locator("#user-id").inner_text()

    def expect_user(self, name: str) -> None:
        """Waits until the page is on the chat of that name: header, title and address agree."""
        expect(self.tab.get_by_role("banner")).to_contain_text(f"User: {name}")
        expect(self.tab).to_have_title(f"{name} · Nono")
        self.tab.wait_for_url(lambda url: unquote(url) == f"{self.address}/chat/{name}")

    def row(self, name: str) -> Locator:
        """Returns the row of a chat in the list."""
        return self.sessions_modal.get_by_role("listitem").filter(has=self.tab.get_by_text(name, exact=True))

    def menu(self, item: str) -> None:
        """Chooses an item of the menu."""
        self.tab.locator("#menu summary").click()
        self.tab.get_by_role("button", name=item).click()
