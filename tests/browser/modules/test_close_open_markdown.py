"""markdown/close_open_markdown.js: the end of a text that is still being written."""

import pytest

from tests.browser.modules.conftest import ModulePage

CASES = {
    "plain words": "plain words",
    "a **bold wor": "a **bold wor**",
    "**bold *and italic": "**bold *and italic***",
    "~~struck": "~~struck~~",
    "some `code with **no bold": "some `code with **no bold`",
    "``two ` ticks": "``two ` ticks``",
    "**done** and": "**done** and",
    "ends with **": "ends with ",
    "5 * 6": "5 * 6",
    "snake_case_name": "snake_case_name",
    r"not \*open": r"not \*open",
    "see [a link](https://exa": "see a link",
    "see [a link](https://example.org)": "see [a link](https://example.org)",
    "see [a li": "see a li",
    "see ![an ima": "see an ima",
    "text\n---": "text\n",
    "text\n\n| ": "text\n\n",
    "*first\n\nsecond": "*first\n\nsecond",
    "```py\nx = **2": "```py\nx = **2",
    "```\na\n```\n**b": "```\na\n```\n**b**",
}


@pytest.mark.parametrize("written", CASES)
def test_an_open_end_is_closed(written: str, page: ModulePage) -> None:
    script = 'return (await load("markdown/close_open_markdown.js")).closeOpenMarkdown(argument)'

    assert page.open().run(script, written) == CASES[written]
