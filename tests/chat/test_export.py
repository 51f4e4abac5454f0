"""A chat as a file: JSON, Markdown, and one HTML page."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pytest_django.fixtures import Settings

from chat_app.export.formats import FORMATS, Format, export
from chat_app.export.markdown import escaped, quoted
from chat_app.memory import ChatMemoryManager, History
from nono.errors import StoreUnavailable
from nono.web.downloads import attachment
from sessions_app.manager import SessionManager

AT = datetime(2026, 10, 21, 14, 5, 9, tzinfo=UTC)
EVIL = """</p></style><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>
# no heading
```
> &lt;b&gt;"""

memory = ChatMemoryManager()


@pytest.fixture
def chat(sessions: SessionManager) -> History:
    """A chat with everything in it that is awkward to write down."""
    sessions.create_session("Zoë & 日本", "mental_health_nurse", {"from": "test"})
    memory.add_message("Zoë & 日本", "user", EVIL)
    memory.add_message("Zoë & 日本", "assistant", "I see.", {"state": "done", "persona": "creative_writer"})
    memory.add_message("Zoë & 日本", "assistant", "Let me", {"state": "stopped", "persona": "gone_from_the_file"})
    return memory.get_messages("Zoë & 日本")


def written(chat: History, format: Format) -> str:
    return export(chat, format, AT).content.decode()


def test_json_holds_the_session_the_time_and_the_messages_as_the_api_has_them(chat: History) -> None:
    document = json.loads(written(chat, "json"))
    assert document["session"] == chat.session.to_dict()
    assert document["exported_at"] == "2026-10-21T14:05:09+00:00"
    assert document["messages"] == [message.to_dict() for message in chat.messages]
    assert "owner" not in document["session"]
    assert "日本" in written(chat, "json")


def test_markdown_tells_who_said_what_and_when(chat: History) -> None:
    text = written(chat, "markdown")
    assert text.startswith("# Zoë & 日本 and Clara\n\n- Persona: Clara, ")
    assert "- Exported: 2026-10-21 14:05:09 UTC\n" in text
    assert re.search(r"^\*\*Zoë & 日本\*\*, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", text, re.MULTILINE)
    assert re.search(r"^\*\*gone\\_from\\_the\\_file\*\*, .* UTC \(stopped before its end\)$", text, re.MULTILINE)


def test_markdown_of_a_hostile_message_is_that_message_quoted(chat: History) -> None:
    tokens = parsed(written(chat, "markdown"))
    assert [one.tag for one in tokens if one.type == "heading_open"] == ["h1"]
    assert len([one for one in tokens if one.type == "blockquote_open"]) == 3
    assert not [one for one in tokens if one.type in {"html_block", "fence", "code_block", "hr"}]
    assert shown(tokens) == [lines_of(EVIL), ["I see."], ["Let me"]]


MARKUP = st.text(st.sampled_from("\\`*_{}[]()#+-.!<>&;|~=:1a \t\n\r'\"/") | st.characters(exclude_characters="\0"))


@given(MARKUP)
def test_any_text_is_quoted_so_that_it_reads_as_itself(text: str) -> None:
    tokens = parsed(f"before\n\n{quoted(text)}\n\nafter")
    assert tokens[1].content == "before"
    assert tokens[-2].content == "after"
    assert [one.type for one in tokens if one.level == 0 and one.type.endswith("_open")] == [
        *("paragraph_open", "blockquote_open", "paragraph_open")
    ]
    assert {one.type for one in tokens} <= {
        *("paragraph_open", "inline", "paragraph_close", "blockquote_open", "blockquote_close")
    }
    assert shown(tokens) == [lines_of(text)]


@given(MARKUP)
def test_any_name_is_escaped_so_that_it_reads_as_itself(text: str) -> None:
    (inline,) = [one for one in parsed(f"# {escaped(text)} end") if one.type == "inline"]
    assert {child.type for child in inline.children or []} <= {"text", "text_special"}
    assert lines_of("".join(child.content for child in inline.children or [])) == [" ".join(f"{text} end".split())]


def test_a_program_in_a_message_keeps_its_shape_in_markdown() -> None:
    assert quoted("if x:\n\treturn *y\n\ndone") == "> if x:  \n> \u00a0\u00a0\u00a0\u00a0return \\*y\n>\n> done"


def test_html_is_one_file_that_loads_and_runs_nothing(chat: History) -> None:
    page = Page(written(chat, "html"))
    assert not page.tags & {"script", "img", "link", "iframe", "object", "embed", "a", "form", "svg", "base"}
    assert not {name for name in page.attributes if name in {"src", "href", "style"} or name.startswith("on")}
    (policy,) = [meta for meta in page.metas if meta.get("http-equiv") == "Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'",
        policy["content"] or "",
    )
    assert "url(" not in page.style
    assert "@import" not in page.style
    assert "prefers-color-scheme: dark" in page.style
    assert "@media print" in page.style


def test_html_shows_every_text_as_itself(chat: History) -> None:
    page = Page(written(chat, "html"))
    assert page.texts == [EVIL, "I see.", "Let me"]
    assert page.title == "Zoë & 日本 and Clara"
    assert "stopped before its end" in written(chat, "html")


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ({"state": "done", "finish_reason": "stop"}, ""),
        ({"state": "done", "finish_reason": "length"}, "cut at the length limit"),
        ({"state": "done", "finish_reason": "content_filter"}, "withheld by the provider"),
        ({"state": "error", "finish_reason": "content_filter"}, "withheld by the provider"),
        ({"state": "error", "reason": "policy"}, "withheld by the provider"),
        ({"state": "done", "finish_reason": "refusal"}, "the model declined"),
        ({"state": "error", "reason": "quota"}, "ended by an error"),
        ({"state": "stopped", "finish_reason": "length"}, "stopped before its end"),
        ({"state": "interrupted", "reason": "internal"}, "interrupted"),
        ({"state": ["done"], "finish_reason": {}}, ""),
    ],
)
def test_a_note_says_how_a_reply_ended(told: dict[str, Any], note: str, sessions: SessionManager) -> None:
    sessions.create_session("Ann")
    memory.add_message("Ann", "assistant", "An answer", told)
    chat = memory.get_messages("Ann")

    (head,) = re.findall(r"^\*\*.*UTC(.*)$", written(chat, "markdown"), re.MULTILINE)
    assert head == (f" ({note})" if note else "")
    assert Page(written(chat, "html")).asides == ([note] if note else [])


def test_reasoning_is_in_the_json_and_in_nothing_that_is_to_be_read(sessions: SessionManager) -> None:
    sessions.create_session("Ann")
    memory.add_message("Ann", "assistant", "An answer", {"state": "done", "reasoning": "A canary"})
    chat = memory.get_messages("Ann")

    assert json.loads(written(chat, "json"))["messages"][0]["metadata"]["reasoning"] == "A canary"
    assert "canary" not in written(chat, "markdown") + written(chat, "html")


def test_an_empty_chat_is_exported_too(sessions: SessionManager) -> None:
    sessions.create_session("Ann")
    chat = memory.get_messages("Ann")
    assert json.loads(written(chat, "json"))["messages"] == []
    assert written(chat, "markdown").endswith("Nothing has been said yet.\n")
    assert "Nothing has been said yet." in written(chat, "html")


def test_what_a_long_chat_has_forgotten_is_said(sessions: SessionManager, settings: Settings) -> None:
    settings.NONO_HISTORY_LIMIT = 3
    sessions.create_session("Ann")
    for i in range(5):
        memory.add_message("Ann", "user", f"message {i}")
    chat = memory.get_messages("Ann")
    assert "*The oldest 2 messages are no longer kept.*" in written(chat, "markdown")
    assert "The oldest 2 messages are no longer kept." in written(chat, "html")


@pytest.mark.parametrize("format", FORMATS)
def test_a_chat_damaged_by_hand_is_exported_as_far_as_it_can_be_read(
    format: Format, chat: History, raw: redis.Redis
) -> None:
    raw.hset("session:Zoë & 日本", mapping={"created_at": "once", "persona": "nobody", "message_count": "many"})
    raw.lset("chat_history:Zoë & 日本", 0, "{broken")
    raw.lset("chat_history:Zoë & 日本", 1, '{"role":"user","content":"half \\ud800","timestamp":"never","seq":2}')
    assert "half ?" in written(memory.get_messages("Zoë & 日本"), format)


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("nono Ann.json", 'attachment; filename="nono Ann.json"'),
        ("Zoë.md", "attachment; filename=\"Zoe.md\"; filename*=UTF-8''Zo%C3%AB.md"),
        ("日本.html", "attachment; filename=\"__.html\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.html"),
        ("it's (1), 2 & 3!.md", 'attachment; filename="it\'s (1), 2 & 3!.md"'),
        ('a"\r\nX: y\\.md', "attachment; filename=\"a___X: y_.md\"; filename*=UTF-8''a%22%0D%0AX%3A%20y%5C.md"),
    ],
)
def test_a_file_name_is_told_in_both_forms_where_it_needs_them(filename: str, header: str) -> None:
    assert attachment(filename) == header


@pytest.mark.parametrize(
    ("query", "content_type", "extension"),
    [
        ("", "application/json", "json"),
        ("?format=json", "application/json", "json"),
        ("?format=markdown", "text/markdown; charset=utf-8", "md"),
        ("?format=html", "text/html; charset=utf-8", "html"),
    ],
)
def test_the_call_hands_over_a_file(api: Client, chat: History, query: str, content_type: str, extension: str) -> None:
    answer = api.get(f"/api/session/Zo%C3%AB%20&%20%E6%97%A5%E6%9C%AC/export{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(
        r'attachment; filename="nono Zoe & __ \d{4}-\d\d-\d\d \d\d\.\d\d\.' + extension + r'"; '
        r"filename\*=UTF-8''nono%20Zo%C3%AB%20%26%20%E6%97%A5%E6%9C%AC%20[\d.%-]+\." + extension,
        answer["Content-Disposition"],
    )
    assert "I see." in answer.content.decode()


def test_reading_a_chat_out_is_no_activity(api: Client, chat: History, raw: redis.Redis) -> None:
    before = raw.hgetall("session:Zoë & 日本")
    api.get("/api/session/Zo%C3%AB%20&%20%E6%97%A5%E6%9C%AC/export")
    assert raw.hgetall("session:Zoë & 日本") == before


@pytest.mark.parametrize("format", ["pdf", "", "JSON", "html\nX: y", "x" * 999])
def test_the_call_refuses_another_format_by_its_name(api: Client, chat: History, format: str) -> None:
    answer = api.get("/api/session/Ann/export", {"format": format})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["detail"] == f"format is {format[:40]!r}; allowed are json, markdown, html."


def test_the_call_refuses_a_chat_that_is_not_there_or_not_ones_own_alike(
    api: Client, post: Any, settings: Settings
) -> None:
    settings.NONO_ACCESS = "private"
    post("/api/session/create", {"user_id": "Ann"})
    assert api.get("/api/session/Ann/export?format=html").status_code == 200
    theirs, nobodys = (Client().get(f"/api/session/{name}/export") for name in ("Ann", "Bob"))
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["detail"].replace("Ann", "Bob") == nobodys.json()["detail"]


def test_the_formats_are_documented(api: Client) -> None:
    call = api.get("/api/openapi.json").json()["paths"]["/api/session/{user_id}/export"]["get"]
    (format,) = [one for one in call["parameters"] if one["name"] == "format"]
    assert (format["schema"]["enum"], format["schema"]["default"]) == (["json", "markdown", "html"], "json")
    assert call["responses"]["200"]["content"].keys() == {"application/json", "text/markdown", "text/html"}


def test_the_command_writes_to_the_terminal(chat: History) -> None:
    assert json.loads(exported("Zoë & 日本"))["session"]["user_id"] == "Zoë & 日本"
    assert exported("Zoë & 日本", "--format", "markdown").startswith("# Zoë")


def test_the_command_writes_a_file_and_overwrites_none_unasked(chat: History, tmp_path: Path) -> None:
    file = tmp_path / "chat.html"
    said = exported("Zoë & 日本", "--format", "html", "--output", str(file))
    assert said == f"Wrote {file} ({file.stat().st_size} bytes).\n"
    assert Page(file.read_text()).texts[1] == "I see."

    with pytest.raises(CommandError, match="exists already; --force overwrites it"):
        exported("Zoë & 日本", "--output", str(file))
    assert file.read_text().lstrip().startswith("<!DOCTYPE html>")

    exported("Zoë & 日本", "--output", str(file), "--force")
    assert json.loads(file.read_text())["messages"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["Nobody"], "There is no session named 'Nobody'"),
        (["a/b"], "The name contains '/' at position 2"),
        (["Ann", "--format", "pdf"], "invalid choice: 'pdf'"),
        (["Zoë & 日本", "--output", "/nowhere/chat.json"], "No such file or directory"),
    ],
)
def test_the_command_refuses_with_a_sentence(chat: History, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        exported(*arguments)


def test_the_command_says_that_the_store_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("The store cannot be reached.")

    monkeypatch.setattr("nono.store.run", away)
    with pytest.raises(CommandError, match="The store cannot be reached"):
        exported("Ann")


def exported(*arguments: str) -> str:
    out = StringIO()
    call_command("export_session", *arguments, stdout=out)
    return out.getvalue()


def parsed(markdown: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)


def shown(tokens: list[Token]) -> list[list[str]]:
    """The lines that a reader sees in each block quote."""
    quotes: list[list[str]] = []
    inside = False
    for one in tokens:
        if one.type == "blockquote_open":
            quotes.append([])
        if one.type.startswith("blockquote_"):
            inside = one.type == "blockquote_open"
        elif one.type == "inline" and inside:
            assert {child.type for child in one.children or []} <= {"text", "text_special", "hardbreak"}
            text = "".join("\n" if child.type == "hardbreak" else child.content for child in one.children or [])
            quotes[-1] += lines_of(text)
    return quotes


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not blank, whatever spaces they have."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [" ".join(line.split()) for line in lines if line.split()]


class Page(HTMLParser):
    """What an HTML document is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.metas: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.asides: list[str] = []
        self.style = self.title = ""
        self._inside: list[tuple[str, str | None]] = [("", None)]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= dict(attributes).keys()
        if tag == "meta":
            self.metas.append(dict(attributes))
            return
        self._inside.append((tag, dict(attributes).get("class")))
        if self._inside[-1] == ("p", "text"):
            self.texts.append("")
        if self._inside[-1] == ("p", "aside"):
            self.asides.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        match self._inside[-1]:
            case ("style", _):
                self.style += data
            case ("title", _):
                self.title += data
            case ("p", "text"):
                self.texts[-1] += data
            case ("p", "aside"):
                self.asides[-1] += data
