"""Code in answers is coloured by a highlighter that is only fetched where there is code."""

import pytest
from playwright.sync_api import BrowserContext, Request, expect

from tests.browser.chat_page import ChatPage
from tests.browser.scripted_socket import ScriptedSocket
from tests.browser.test_accessibility import violations
from tests.browser.test_policy import HEAVIEST
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PYTHON = '''import os

class Greeter(Base):
    """Says hello."""

    @property
    def greet(self, name: str = "world") -> None:
        return print(f"{name}!", 42, None)  # a comment
'''
OF_ALL_KINDS = f"""```python
{PYTHON}```

```js
const answer = /a+/g.test(`x${{1 + 1}}`) ?? null;
```

```html
<p class="x">&amp;</p><!-- no -->
```

```css
#a .b:hover {{ color: #fff; }}
```

```diff
- old
+ new
```

```sh
echo "$HOME" && exit 1
```

```json
{{"name": [1, true, null]}}
```

```toml
[section]
key = "value"
```

```sql
SELECT count(*) FROM chats WHERE name = 'Sam';
```
"""


@pytest.fixture
def page(socket: ScriptedSocket, nono: Server) -> ChatPage:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()
    return page


def test_code_is_coloured_and_its_text_is_what_it_was(socket: ScriptedSocket, page: ChatPage) -> None:
    socket.complete(f"```py\n{PYTHON}```")

    code = page.transcript.locator("pre code")
    expect(code.locator(".hljs-keyword").first).to_have_text("import")
    assert code.text_content() == PYTHON.rstrip("\n")


def test_nothing_of_it_is_fetched_before_there_is_code(socket: ScriptedSocket, page: ChatPage) -> None:
    fetched: list[str] = []

    def note(request: Request) -> None:
        if "/highlight/" in request.url:
            fetched.append(request.url.rpartition("/")[2].partition(".")[0])

    page.tab.on("request", note)
    socket.complete("Some `code` in a line, and\n\n```\na block of no language\n```")
    expect(page.transcript.locator("pre")).to_be_visible()
    assert fetched == []

    socket.start(in_reply_to=3)
    socket.complete("```rust\nfn main() {}\n```", seq=4)
    expect(page.transcript.locator(".hljs-keyword")).to_have_text("fn")
    assert sorted(fetched) == ["core", "rust"]


def test_a_block_is_coloured_when_it_is_whole_and_stays_so(socket: ScriptedSocket, page: ChatPage) -> None:
    text = "```python\nimport os\n```\n\nAnd then"
    socket.chunk("```python\nimport o")
    growing = page.transcript.locator("[data-state=streaming] pre code")
    expect(growing).to_have_text("import o")
    expect(growing.locator("span")).to_have_count(0)

    socket.chunk("s\n```\n\nAnd then", len("```python\nimport o"))
    expect(growing.locator(".hljs-keyword")).to_have_text("import")
    socket.complete(text)
    expect(page.transcript.locator("[data-seq='2'] .hljs-keyword")).to_have_text("import")


@pytest.mark.parametrize("word", ["klingon", "constructor", "__proto__", "../core", "'\">"])
def test_what_is_no_language_stays_plain(word: str, socket: ScriptedSocket, page: ChatPage) -> None:
    socket.complete(f"```{word}\nimport os\n```\n\n```python\nimport os\n```")

    expect(page.transcript.locator("pre").last.locator(".hljs-keyword")).to_be_visible()
    assert page.transcript.locator("pre").first.locator("span").count() == 0
    expect(page.transcript.locator("pre").first).to_have_text("import os")


def test_hostile_code_is_text(socket: ScriptedSocket, page: ChatPage) -> None:
    hostile = "<img src=x onerror='window.broken = 1'><script>window.broken = 1</script>"
    socket.complete(f"```html\n{hostile}\n```")

    expect(page.transcript.locator("pre .hljs-tag").first).to_be_visible()
    expect(page.transcript.locator("pre code")).to_have_text(hostile)
    assert page.transcript.locator("img, script").count() == 0
    assert page.tab.evaluate("window.broken") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read(scheme: str, socket: ScriptedSocket, page: ChatPage) -> None:
    page.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    socket.complete(OF_ALL_KINDS)
    for number in range(9):
        expect(page.transcript.locator("pre").nth(number).locator("[class^=hljs]").first).to_be_visible()

    assert violations(page.tab) == []


def test_a_visit_with_code_is_still_light(newcomer: BrowserContext, nono: Server) -> None:
    socket = ScriptedSocket(newcomer.new_page())
    network = socket.tab.context.new_cdp_session(socket.tab)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()

    socket.complete(f"```python\n{PYTHON}```")

    expect(page.transcript.locator(".hljs-keyword").first).to_be_visible()
    assert sum(sizes) < HEAVIEST, f"{sum(sizes):.0f} bytes"
