"""Escaping of plain text for Markdown documents (CommonMark 0.31, GFM)."""

import re
from typing import Final

_INLINE: Final = re.compile(r"[\\`*_\[\]<~|]|&(?=[A-Za-z#])")
"""Characters that start code, emphasis, a link, an image, HTML, a table or an entity anywhere in a line."""

_AT_START: Final = re.compile(r"\d{1,9}(?=[.)])|(?=[-+=>#:])")
"""Line beginnings that make a list, a heading, a quote, a rule or a definition."""

_INDENT: Final = re.compile(r"^[ \t]+")
_NO_BREAK: Final = "\u00a0"


def escaped(text: str) -> str:
    """Returns text for the middle of a line, with all markup escaped."""
    return _INLINE.sub(r"\\\g<0>", " ".join(text.split()))


def quoted(text: str) -> str:
    """Returns text as one block quote that shows every line of it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = [_line(line) for line in lines]
    return "\n".join(
        f"> {line}  " if line and following else f"> {line}".rstrip(" ")  # two spaces: the line breaks here
        for line, following in zip(shown, [*shown[1:], ""], strict=True)
    )


def _line(line: str) -> str:
    """Escapes one line; indentation becomes no-break spaces, so that code stays indented."""
    line = line.rstrip(" \t")
    indent = _INDENT.match(line)
    if indent:
        width = len(indent[0].expandtabs(4))
        return _NO_BREAK * width + _INLINE.sub(r"\\\g<0>", line[indent.end() :])
    line = _INLINE.sub(r"\\\g<0>", line)
    start = _AT_START.match(line)
    return f"{line[: start.end()]}\\{line[start.end() :]}" if start else line
