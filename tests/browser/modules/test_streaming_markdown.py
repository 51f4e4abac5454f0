"""markdown/streaming_markdown.js: an answer that is drawn while it arrives."""

import pytest

from tests.browser.modules.conftest import ModulePage

BODY = """
<div id="answer"></div>
<template id="code-block"><div class="code"><p class="code-language"></p><pre><code></code></pre></div></template>
<template id="wide-table"><div class="wide-table"></div></template>
"""
ANSWER = """# Heading

Words with **bold**, *italic*, `code` and [a link](https://example.org).

1. one
2. two
   - nested

> quoted

```text
a < b && **c**

d
```

| a | b |
| - | - |
| 1 | 2 |

<script>alert(1)</script>

The end, with 😀."""
FRAME = "await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));"


@pytest.fixture
def answer(page: ModulePage) -> ModulePage:
    page.open(BODY)
    page.run(
        """
        const { StreamingMarkdown } = await load("markdown/streaming_markdown.js");
        window.answer = document.getElementById("answer");
        window.text = new StreamingMarkdown(window.answer);
        """
    )
    return page


@pytest.mark.parametrize("size", [1, 7, 40, 10_000])
def test_in_pieces_of_any_size_it_ends_as_the_whole_text_does(size: int, answer: ModulePage) -> None:
    grown, whole = answer.run(
        f"""
        const {{ elementsOfText }} = await load("markdown/markdown.js");
        const characters = Array.from(argument);
        for (let at = 0; at < characters.length; at += {size}) {{
          window.text.append(characters.slice(at, at + {size}).join(""));
          if (at % 5 === 0) await new Promise(requestAnimationFrame);
        }}
        {FRAME}
        const whole = document.createElement("div");
        whole.append(elementsOfText(argument));
        return [window.answer.innerHTML, whole.innerHTML];
        """,
        ANSWER,
    )

    assert grown == whole
    assert "<script" not in grown


def test_a_finished_block_is_not_drawn_again(answer: ModulePage) -> None:
    same = answer.run(
        f"""
        window.text.append("First block.\\n\\nSecond");
        {FRAME}
        const [first, second] = window.answer.children;
        window.text.append(" block grows.");
        {FRAME}
        return [window.answer.children[0] === first, window.answer.children[1] === second];
        """
    )

    assert same == [True, False]


def test_what_arrives_between_two_frames_is_drawn_once(answer: ModulePage) -> None:
    drawn = answer.run(
        f"""
        let drawn = 0;
        const observer = new MutationObserver((records) => {{
          drawn += records.filter((one) => one.addedNodes.length).length;
        }});
        observer.observe(window.answer, {{ childList: true }});
        for (let count = 0; count < 100; count += 1) window.text.append("word ");
        {FRAME}
        return [drawn, window.answer.textContent.trim().split(" ").length];
        """
    )

    assert drawn == [1, 100]


def test_after_its_end_nothing_is_drawn(answer: ModulePage) -> None:
    assert answer.run(f'window.text.append("late"); window.text.end(); {FRAME} return window.answer.textContent') == ""


def test_a_text_nested_too_deep_stays_as_it_stands(answer: ModulePage) -> None:
    answer.run(f"window.text.append(argument); {FRAME}", ">" * 50 + " deep")

    assert answer.tab.locator("#answer").inner_text() == ">" * 50 + " deep"
    assert answer.tab.locator("#answer blockquote").count() == 0
