"""Answers are Markdown: shown as meant, harmless whatever they say, calm while they grow, easy to copy."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Locator, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.scripted_socket import ScriptedSocket
from tests.support.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


ANSWER = """# The title

## A heading

Some **bold** and `code`, a [link](https://example.org/x).

| a | b |
| - | -: |
| 1 | 2 |

3. third

```python
print("<b>")
```

- [x] done
"""
HOSTILE = [
    "<script>window.broken = 1</script>",
    "<img src=x onerror='window.broken = 1'>",
    "![x](https://elsewhere.example/x.png)",
    "[x](javascript:window.broken=1) [y](data:text/html,<script>1</script>) [z](/admin/logout)",
    "<a href='javascript:window.broken=1'>x</a><svg onload='window.broken=1'></svg><style>*{display:none}</style>",
    "[a](<javascript:window.broken=1> 'x') <javascript:window.broken=1> [b]: javascript:window.broken=1\n\n[b]",
    '```"><img src=x onerror=window.broken=1>\n<img src=x onerror=window.broken=1>\n```',
    '![x"onerror="window.broken=1](x"onerror="window.broken=1)',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=window.broken=1&gt;'>",
    ">" * 10_000 + "quoted",
    "> " * 10_000 + "quoted",
    "- " * 5_000 + "item",
    "*a **b " * 2_000,
    "[" * 10_000,
    "|a" * 2_000 + "\n" + "|-" * 2_000 + "\n" + "|a" * 2_000,
]


def test_an_answer_is_shown_as_meant(visit: Visit) -> None:
    page = answered(visit, ANSWER)
    answer = page.transcript.locator(".prose").last

    expect(answer.get_by_role("heading", level=4)).to_have_text(["The title", "A heading"])
    assert larger(answer.get_by_text("The title"), than=answer.get_by_text("A heading"))
    expect(answer.locator("strong")).to_have_text("bold")
    expect(answer.locator("p code")).to_have_text("code")
    expect(answer.get_by_role("cell")).to_have_text(["1", "2"])
    expect(answer.get_by_role("cell", name="2")).to_have_css("text-align", "end")
    expect(answer.locator("ol")).to_have_attribute("start", "3")
    expect(answer.get_by_text("☑ done")).to_have_css("list-style-type", "none")
    expect(answer.locator("pre code")).to_have_text('print("<b>")')
    expect(answer.locator(".code-language")).to_have_text("python")
    link = answer.get_by_role("link", name="link")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("href", "https://example.org/x")


def larger(one: Locator, *, than: Locator) -> bool:
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    return bool(one.evaluate(size) > than.evaluate(size))


def test_what_the_visitor_writes_stays_as_written(visit: Visit) -> None:
    page = visit()

    page.say("**not bold** `nor code`")

    expect(page.said("**not bold** `nor code`")).to_be_visible()


def test_hostile_answers_are_harmless(visit: Visit) -> None:
    page = answered(visit, *(f"Look:\n\n{text}\n\nthe end" for text in HOSTILE))

    whole = re.compile(r"the end\s*$")
    expect(page.transcript.locator(".message[data-seq] .prose")).to_have_text([whole] * len(HOSTILE))
    assert page.transcript.locator("img, script, style, svg:not(.avatar), iframe, form, input").count() == 0
    for link in page.transcript.locator(".prose a").all():
        assert (link.get_attribute("href") or "").startswith(("http://", "https://", "mailto:"))
    assert page.transcript.locator("[onerror], [onload], [onclick], [style]").count() == 0
    assert page.tab.evaluate("window.broken") is None


def test_many_at_once_become_what_each_becomes_alone(any_page: ChatPage) -> None:
    at_once, alone = any_page.tab.evaluate(
        """async (texts) => {
            const {elementsOfText, elementsOfTexts} =
                await import(document.querySelector('link[href*="/js/markdown/markdown."]').href);
            const markup = (fragment) => {
                const element = document.createElement("div");
                element.append(fragment);
                return element.innerHTML;
            };
            return [elementsOfTexts(texts).map(markup), texts.map((text) => markup(elementsOfText(text)))];
        }""",
        ["", ANSWER, *HOSTILE, "</blockquote>\n\n> a quote\n</blockquote>", "last"],
    )

    assert at_once == alone
    assert at_once[-1] == "<p>last</p>\n"


def test_a_growing_answer_looks_finished_and_nothing_jumps(socket: ScriptedSocket, nono: Server) -> None:
    tab = socket.tab
    page = socket.take_over(ChatPage(tab, nono.address))
    tab.evaluate("""() => {
        window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().forEach(({value}) => (window.shift += value)))
            .observe({type: "layout-shift", buffered: false});
    }""")
    socket.start()
    text = ANSWER * 4
    for at in range(0, len(text), 7):
        socket.chunk(text[at : at + 7], at)
        if at % 70 == 0:
            tab.evaluate("() => new Promise(requestAnimationFrame)")
    socket.chunk("\n\nOpen **to the end", len(text))
    growing = page.transcript.locator("[data-state=streaming] .prose")
    expect(growing.locator("> p strong").last).to_have_text("to the end")
    expect(growing.locator("pre")).to_have_count(4)
    assert "**" not in growing.inner_text()

    socket.complete(text + "\n\nOpen **to the end**")

    expect(page.transcript.locator("[data-seq='2'] .prose strong").last).to_have_text("to the end")
    assert tab.evaluate("window.shift") < 0.05


def test_only_the_last_block_is_drawn_again(socket: ScriptedSocket, nono: Server) -> None:
    tab = socket.tab
    page = socket.take_over(ChatPage(tab, nono.address))
    socket.start()
    socket.chunk("First.\n\nSecond")
    expect(page.transcript.locator("[data-state=streaming] .prose p")).to_have_text(["First.", "Second"])
    tab.evaluate("document.querySelector('[data-state=streaming] .prose p').dataset.same = ''")

    socket.chunk(" and more.\n\n```\nThird", 14)

    expect(page.transcript.locator("[data-state=streaming] pre")).to_have_text("Third")
    expect(page.transcript.locator("[data-state=streaming] [data-same]")).to_have_text("First.")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("All **done** and *well*", "All **done** and *well*"),
        ("Some **bo", "Some **bo**"),
        ("Some **bold*", "Some **bold**"),
        ("Some **bold and *bo", "Some **bold and *bo***"),
        ("A ~~wro", "A ~~wro~~"),
        ("Say `cod", "Say `cod`"),
        ("Say `a*b", "Say `a*b`"),
        ("2 * 3 and snake_case", "2 * 3 and snake_case"),
        ("See [the pa", "See the pa"),
        ("See [the page](https://exam", "See the page"),
        ("See ![a picture](https://exam", "See a picture"),
        ("Not yet a heading\n--", "Not yet a heading\n"),
        ("- one\n- ", "- one\n"),
        ("```\n**code", "```\n**code"),
        ("- item\n  ```\n  **code", "- item\n  ```\n  **code"),
        ("An \\*asterisk", "An \\*asterisk"),
    ],
)
def test_what_is_left_open_is_closed_while_it_grows(written: str, shown: str, any_page: ChatPage) -> None:
    closed = any_page.tab.evaluate(
        """async (text) => {
            const {closeOpenMarkdown} =
                await import(document.querySelector('link[href*="/close_open_markdown."]').href);
            return closeOpenMarkdown(text);
        }""",
        written,
    )

    assert closed == shown


def test_the_answer_is_read_aloud_once_without_marks(socket: ScriptedSocket, nono: Server) -> None:
    page = socket.take_over(ChatPage(socket.tab, nono.address))
    socket.start()
    expect(page.tab.locator("#announcer")).to_have_text("Default Assistant is writing.")
    socket.chunk("Some **bo")

    socket.complete("Some **bold** words.\n\n- one\n- two\n\n```\ncode\n```")

    expect(page.tab.locator("#announcer")).to_have_text("Some bold words. one two code")


def test_a_message_is_copied_as_markdown_and_a_block_as_code(visit: Visit, visitor: BrowserContext) -> None:
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    page = answered(visit, ANSWER)
    answer = page.transcript.locator(".message[data-role=assistant]").last

    answer.locator("[data-action=copyMessage]").click()
    expect(page.tab.locator("#announcer")).to_have_text("Copied")
    assert page.tab.evaluate("navigator.clipboard.readText()") == ANSWER
    answer.locator("[data-action=copyCode]").click()
    expect(answer.get_by_role("button", name="Copied this code")).to_be_visible()
    assert page.tab.evaluate("navigator.clipboard.readText()") == 'print("<b>")'


def test_copying_works_without_a_clipboard_api(visit: Visit, visitor: BrowserContext) -> None:
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    page = answered(visit, ANSWER)
    page.tab.evaluate("""() => {
        window.read = navigator.clipboard.readText.bind(navigator.clipboard);
        Object.defineProperty(navigator, "clipboard", {value: undefined});
    }""")

    page.transcript.locator("[data-action=copyMessage]").last.click()

    expect(page.tab.locator("#announcer")).to_have_text("Copied")
    assert page.tab.evaluate("window.read()") == ANSWER


def test_the_cost_of_a_long_history_grows_with_its_length_and_not_its_square(
    visit: Visit, visitor: BrowserContext
) -> None:
    page = visit()
    messages = [
        ScriptedSocket.message(seq, "user" if seq % 2 else "assistant", f"Message **{seq}** says `this`.\n\n- a\n- b")
        for seq in range(1, 1001)
    ]
    page.tab.evaluate("messages => (window.messages = messages)", messages)
    devtools = visitor.new_cdp_session(page.tab)
    # The processor's own time: what other programs of this machine do meanwhile does not count.
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cost_of(first: int, last: int) -> float:
        before = busy_ms(devtools)
        page.tab.evaluate(
            """async ([first, last]) => {
                const {addMessages} = await import(document.querySelector('link[href*="/js/chat/transcript."]').href);
                addMessages(window.messages.slice(first, last));
                document.querySelector("#scroller").scrollTop = 1e9;
            }""",
            [first, last],
        )
        return busy_ms(devtools) - before

    beginning, rest = cost_of(0, 200), cost_of(200, 1000)

    expect(page.transcript.locator(".message[data-seq]")).to_have_count(1000)
    assert rest < 12 * beginning  # four times as many; were the cost quadratic, 24 times


def busy_ms(devtools: CDPSession) -> float:
    """Returns for how long a tab has run scripts and laid out what they made."""
    told = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return 1000 * float(told["ScriptDuration"] + told["LayoutDuration"] + told["RecalcStyleDuration"])


@pytest.fixture(scope="module")
def any_page(chromium: Browser, nono: Server) -> Iterator[ChatPage]:
    """A page that no test changes."""
    context = chromium.new_context()
    yield ChatPage(context.new_page(), nono.address).open()
    context.close()


def answered(visit: Visit, *texts: str) -> ChatPage:
    """Returns a page on a chat whose answers read so in its history."""

    def change(route: Route) -> None:
        answer = route.fetch()
        history = answer.json()
        model = history["messages"].pop()
        history["messages"] += [
            {**model, "content": text, "seq": model["seq"] + after, "id": model["id"] + "-" * after}
            for after, text in enumerate(texts)
        ]
        route.fulfill(response=answer, json=history)

    page = visit()
    page.say("Hello")
    page.expect_answers(1)
    page.tab.route("**/history", change)
    page.tab.reload()
    page.expect_live()
    return page
