"""Export of a chat as a file: JSON for programs, Markdown for notes, or one self-contained HTML page."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from chat_app.context import persona_of
from chat_app.export.markdown import escaped, quoted
from chat_app.memory import History
from chat_app.messages import ChatMessage, Role
from chat_app.reply_end import WORDS, end_of
from nono.errors import InvalidRequest
from sessions_app import personas
from sessions_app.times import moment

Format = Literal["json", "markdown", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
_KINDS: Final[dict[Format, tuple[str, str]]] = {
    "json": ("json", "application/json"),
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "html": ("html", "text/html; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class Export:
    """An exported file."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """One message for display; ``note`` describes the ending of a reply that did not end normally."""

    role: Role
    author: str
    timestamp: str
    moment: str
    text: str
    note: str


def format_named(name: str) -> Format:
    """Returns the format of that name; raises ``InvalidRequest``, which names the allowed ones."""
    for known in FORMATS:
        if name == known:
            return known
    raise InvalidRequest(f"format is {name[:40]!r}; allowed are {', '.join(FORMATS)}.")


def export(history: History, format: Format, exported_at: datetime | None = None) -> Export:
    """Returns a chat with the given messages as a file; the time is in UTC (default: now)."""
    at = exported_at or datetime.now(UTC)
    write = {"json": as_json, "markdown": as_markdown, "html": as_html}[format]
    extension, content_type = _KINDS[format]
    filename = f"nono {history.session.user_id} {at:%Y-%m-%d %H.%M}.{extension}"
    # Damaged data may contain lone surrogates; they are replaced, so that the export does not fail.
    return Export(filename, content_type, write(history, at.isoformat(timespec="seconds")).encode(errors="replace"))


def as_json(history: History, exported_at: str) -> str:
    """Returns the session, the time of the export, and the messages in the API's format."""
    document = {
        "session": history.session.to_dict(),
        "exported_at": exported_at,
        "messages": [message.to_dict() for message in history.messages],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_markdown(history: History, exported_at: str) -> str:
    """Returns a heading, the facts as a list, and every message as a block quote below its author."""
    facts = "\n".join(f"- {name}: {escaped(fact)}" for name, fact in _facts(history, exported_at))
    parts = [f"# {escaped(_title(history))}", facts]
    if forgotten := _forgotten(history):
        parts.append(f"*{forgotten}*")
    for said in _conversation(history):
        note = f" ({said.note})" if said.note else ""
        parts += [f"**{escaped(said.author)}**, {escaped(said.moment)}{note}", quoted(said.text)]
    if not history.raw_messages:
        parts.append(_("Nothing has been said yet."))
    return "\n\n".join(parts) + "\n"


def as_html(history: History, exported_at: str) -> str:
    """Returns a page that loads and runs nothing: its content security policy allows only its style, by digest."""
    style = render_to_string("chat/export.css", {"colour": persona_of(history.session).colour})
    context = {
        "title": _title(history),
        "facts": _facts(history, exported_at),
        "forgotten": _forgotten(history),
        "conversation": _conversation(history),
        "style": mark_safe(style),  # noqa: S308  ours, with a checked colour
        "style_digest": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    }
    return render_to_string("chat/export.html", context)


def _title(history: History) -> str:
    names = {"visitor": history.session.user_id, "persona": _name_of(history.session.persona)}
    return _("%(visitor)s and %(persona)s") % names


def _facts(history: History, exported_at: str) -> list[tuple[str, str]]:
    session = history.session
    return [
        (_("Persona"), _described(session.persona)),
        (_("Begun"), moment(session.created_at)),
        (_("Last message"), moment(session.last_activity) if session.message_count else _("none yet")),
        (_("Messages"), str(session.message_count)),
        (_("Exported"), moment(exported_at)),
        (_("Forgotten by the server"), _("%(time)s, unless the chat goes on") % {"time": moment(session.expires_at)}),
    ]


def _forgotten(history: History) -> str:
    """Returns the note with the number of messages of a long chat that are no longer stored."""
    count = max(history.messages[0].seq - 1, 0) if history.raw_messages else 0
    sentence = ngettext(
        "The oldest message is no longer kept.", "The oldest %(count)d messages are no longer kept.", count
    )
    return sentence % {"count": count} if count else ""


def _conversation(history: History) -> list[Said]:
    return [_said(message, history) for message in history.messages]


def _said(message: ChatMessage, history: History) -> Said:
    session, told = history.session, message.metadata
    author = session.user_id if message.role == "user" else _name_of(str(told.get("persona") or session.persona))
    end = end_of(told)
    note = _(WORDS[end]) if end else ""
    return Said(message.role, author, message.timestamp, moment(message.timestamp), message.content, note)


def _name_of(key: str) -> str:
    """Returns a persona's name, or its key if it was removed from the file."""
    return next((one.name for one in personas.every(get_language()) if one.key == key), key)


def _described(key: str) -> str:
    return next((f"{one.name}, {one.role}" for one in personas.every(get_language()) if one.key == key), key)
