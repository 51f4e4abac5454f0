"""Parser of chat completions, streamed or whole (OpenAI, "Chat Completions"), in the variants that are in use."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from chat_app.responders.errors import EndpointError, Reason
from chat_app.responders.parts import TakenBack, Thought
from chat_app.responders.reasoning import ReasoningSplitter
from chat_app.responders.refusal import error_of, json_of, read_refusal
from chat_app.responders.sse import Body, EventTooLong

MAX_REPLY: Final = 200_000
"""Maximum characters of one reply; more than the greatest ``max_tokens`` of a persona allows."""

MAX_REASONING: Final = 1_000_000
"""Maximum characters of reasoning before one reply."""

FINISH_WAIT_S: Final = 5.0
"""Seconds of silence after a ``finish_reason`` that end the answer; some gateways send one with every chunk."""

DONE_WAIT_S: Final = 0.05
"""Seconds to wait for the end of the response after ``[DONE]``, so that its connection can be reused."""

_FINISH_REASONS: Final = {
    **dict.fromkeys(("length", "max_tokens", "model_length", "max_output_tokens", "max_length"), "length"),
    **dict.fromkeys(
        (
            *("content_filter", "content_filtered", "safety", "recitation", "blocklist", "prohibited_content", "spii"),
            *("guardrail_intervened", "sensitive", "image_safety", "language"),
        ),
        "content_filter",
    ),
    "stop": "stop",
    **dict.fromkeys(("refusal", "refused"), "refusal"),
    **dict.fromkeys(("tool_calls", "function_call", "tool_use", "malformed_function_call"), "tool_calls"),
    **dict.fromkeys(
        ("error", "abort", "insufficient_system_resource", "network_error", "malformed_response", "overloaded"), "error"
    ),
}
"""Finish reasons of endpoints (lower case, one word) that are reported to readers, by the contract's word."""

_CARRIED: Final = frozenset({"key", "quota", "model", "context", "policy"})
"""Reasons recognized in an error within an answer; the others need an HTTP status, which such an error lacks."""

_PLAIN_FIELDS: Final = frozenset({"role", "content"})

Part = str | Thought | TakenBack


@dataclass(frozen=True, slots=True)
class Delta:
    """Content of one event: new text and reasoning, whether and why the answer ends, tokens of the prompt.

    ``is_message`` if it contains the whole answer; ``refuses`` if its text is a refusal.
    """

    text: str = ""
    reasoning: str = ""
    is_last: bool = False
    finish_reason: str = ""
    refuses: bool = False
    is_message: bool = False
    prompt_tokens: int = 0


class _ReportedError(Exception):
    """Raised for an event in which the endpoint reports an error."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__()
        self.told = told


class Completion:
    """Parses one answer; a failure is stored as ``error``, after the parts that came before it.

    ``finish_reason`` is one of the contract's words. ``is_done`` if the endpoint declared the answer complete,
    ``is_finished`` if it is complete unless more text comes. ``sent`` are the fields of the request and ``secret`` is
    the key; both serve to interpret errors that the endpoint reports in its answer.
    """

    def __init__(self, *, starts_inside: bool = False, sent: Collection[str] = (), secret: str = "") -> None:
        self._sent = sent
        self._secret = secret
        self.length = 0
        self.prompt_tokens = 0
        self.finish_reason = ""
        self.is_done = False
        self._has_finished = False
        self.has_received = False
        self._is_closed = False
        self.error: EndpointError | None = None
        self.splitter = ReasoningSplitter(starts_inside=starts_inside)
        self._reasoned = 0
        self._body = Body()
        self._pending: list[str] = []
        self._text = WholeCharacters()
        self._thought = WholeCharacters()

    @property
    def has_begun(self) -> bool:
        """Returns whether any text or reasoning of the answer was received."""
        return self.length > 0 or self._reasoned > 0 or self.splitter.has_reasoned

    @property
    def is_finished(self) -> bool:
        """Returns whether all of the text was received, as far as the endpoint has reported."""
        return self.is_done or self._has_finished

    def feed(self, received: bytes) -> list[Part]:
        """Returns the parts that ``received`` completes; ``b""`` is the end of the response."""
        parts: list[Part] = []
        self.has_received = self.has_received or bool(received)
        if self._is_closed:
            return parts
        try:
            for event in self._body.feed(received) if received else self._body.end():
                parts += self._read(event)
                if self.is_done:
                    break
        except _ReportedError as report:
            self.error = None if self.is_finished else self._reported(report.told)
        except EndpointError as error:
            self.error = None if self.is_finished else error
        except EventTooLong:
            too_long = EndpointError("The model endpoint sent an event without an end.")
            self.error = None if self.is_finished else too_long
        parts += self._answered()
        if not received and self.error is None and self._body.is_whole:
            self.is_done = True
        if self.is_done or not received or self.error:
            self._is_closed = True
            parts += self.end()
        return parts

    def end(self) -> list[Part]:
        """Returns the parts that were held back, at the end of the response."""
        text = self._text.end()
        parts: list[Part] = [*self.splitter.feed(text)] if text else []
        return self._bounded([*parts, *self.splitter.end(cut_short=self.finish_reason == "length")])

    def _read(self, event: bytes) -> list[Part]:
        if event.strip().strip(b'"') == b"[DONE]":
            self.is_done = True
            return []
        delta = read_delta(event)
        self.prompt_tokens = delta.prompt_tokens or self.prompt_tokens
        self._has_finished = self._has_finished or delta.is_last
        if delta.finish_reason and self.finish_reason != "refusal":
            self.finish_reason = delta.finish_reason
        if delta.refuses:
            self.finish_reason = "refusal"
        parts: list[Part] = []
        if delta.is_message and (self.has_begun or self._pending):
            return parts  # the whole text again after its pieces
        if thought := self._thought.feed(delta.reasoning):
            parts += self._answered()
            self.splitter.has_reasoned = True
            parts += self._bounded([Thought(thought)])
        if delta.text:
            self._pending.append(delta.text)
        return parts

    def _reported(self, told: dict[str, Any]) -> EndpointError:
        refusal = read_refusal(_status_in(told), told, self._sent, secret=self._secret)
        sentence = "The model endpoint reported an error in its answer."
        reason: Reason = "broken"
        if refusal.reason in _CARRIED or refusal.parameters:
            named = error_of(0, refusal, url="LLM_BASE_URL", key="LLM_API_KEY")
            sentence = named.sentence.replace("refused", "reported an error in its answer", 1)
            reason = refusal.reason
        return EndpointError(sentence, reason=reason, reported=True, refusal=refusal)

    def _answered(self) -> list[Part]:
        """Returns the parts of the pending text, joined first because each part has a processing cost."""
        text, self._pending = self._text.feed("".join(self._pending)), []
        return self._bounded(self.splitter.feed(text)) if text else []

    def _bounded(self, parts: list[Part]) -> list[Part]:
        kept: list[Part] = []
        for part in parts:
            match part:
                case str():
                    room = MAX_REPLY - self.length
                    self.length += len(part)
                    if len(part) > room:
                        self.error = EndpointError(f"The model's reply has more than {MAX_REPLY} characters.")
                    kept.append(part[:room])
                case TakenBack():
                    self.length = 0
                    kept.append(part)
                case Thought(text):
                    self._reasoned += len(text)
                    if self._reasoned > MAX_REASONING:
                        self.error = EndpointError(f"The model reasons for more than {MAX_REASONING} characters.")
                    kept.append(part)
        return kept


def read_delta(event: bytes) -> Delta:
    """Parses the JSON of an event; raises ``EndpointError`` if it is invalid or reports an error of the endpoint."""
    told = json_of(event)
    if isinstance(told, list) and len(told) == 1:
        told = told[0]
    if not isinstance(told, dict):
        raise EndpointError("The model endpoint sent an event that is not a completion.")
    choices = told.get("choices")
    if _reports_error(told):
        raise _ReportedError(told)
    choice = _first_choice(choices)
    if choice.get("error"):
        raise _ReportedError(choice)
    if _is_plain(choice) and not told.get("usage"):
        return Delta(choice["delta"]["content"])
    reason = _finish_reason(choice.get("finish_reason"))
    if reason == "error":
        raise EndpointError("The model endpoint reported an error in its answer.", reported=True)
    whole = _table(choice.get("message")) or _table(told.get("message"))
    message = _table(choice.get("delta")) or whole
    text, reasoning = _content(message.get("content", choice.get("text")))
    for name in ("reasoning_content", "reasoning", "reasoning_text", "thinking", "reasoning_details"):
        if thought := _plain(message.get(name)):
            reasoning += thought
            break  # some endpoints send the same text in two fields
    refusal = message.get("refusal")
    refusal = refusal if isinstance(refusal, str) else ""
    tokens = _table(told.get("usage")).get("prompt_tokens")
    prompt_tokens = tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else 0
    is_last = bool(choice.get("finish_reason"))
    if told.get("done") is True:
        is_last, reason = True, _finish_reason(told.get("done_reason")) or "stop"
    return Delta(
        text + refusal, reasoning, is_last, reason, bool(refusal), bool(whole) and message is whole, prompt_tokens
    )


def _is_plain(choice: dict[str, Any]) -> bool:
    """Tells whether a choice has new text and nothing else, as almost all have: then it need not be searched."""
    delta = choice.get("delta")
    return (
        isinstance(delta, dict)
        and isinstance(delta.get("content"), str)
        and delta.keys() <= _PLAIN_FIELDS
        and not choice.get("finish_reason")
    )


def _first_choice(choices: Any) -> dict[str, Any]:
    """Returns the first choice, the only one that is used."""
    listed = [_table(one) for one in choices] if isinstance(choices, list) else []
    return next((one for one in listed if one.get("index") in {0, None}), {})


def _reports_error(told: dict[str, Any]) -> bool:
    if told.get("error"):
        return True
    if "choices" in told or ("message" in told and isinstance(told["message"], dict) and "content" in told["message"]):
        return False
    return told.get("object") == "error" or told.get("type") == "error" or "detail" in told


def _status_in(told: dict[str, Any]) -> int:
    """Returns the HTTP status that an error in a body names, 0 for none."""
    for table in (_table(told.get("error")), told):
        for name in ("code", "status", "status_code"):
            value = table.get(name)
            number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
            if isinstance(number, int) and not isinstance(number, bool) and 400 <= number < 600:
                return number
    return 0


def _content(value: Any) -> tuple[str, str]:
    """Returns the text and the reasoning of a message's content, which is a string, a part, or a list of parts."""
    if isinstance(value, str):
        return value, ""
    text, reasoning = "", ""
    for part in _parts(value):
        if isinstance(part, str):
            text += part
        elif part.get("thought") is True or str(part.get("type", "")) in {"thinking", "reasoning", "redacted_thinking"}:
            reasoning += _plain(part.get("thinking", part.get("reasoning", part.get("text", part.get("content")))))
        else:
            text += _plain(part.get("text", part.get("content")))
    return text, reasoning


def _parts(value: Any) -> Iterator[str | dict[str, Any]]:
    if isinstance(value, dict) and isinstance(value.get("parts"), list):
        value = value["parts"]
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str | dict):
            yield part


def _plain(value: Any, depth: int = 4) -> str:
    """Returns the text in a value that is a string, an object with one, or a list of these."""
    if isinstance(value, str):
        return value
    if not depth:
        return ""
    if isinstance(value, dict):
        texts = (_plain(value.get(name), depth - 1) for name in ("text", "value", "content", "summary"))
        return next(filter(None, texts), "")
    if isinstance(value, list):
        return "".join(_plain(one, depth - 1) for one in value)
    return ""


def _finish_reason(value: Any) -> str:
    """Returns the contract's word for a reason, an unknown short identifier as it is, "" for none."""
    if not isinstance(value, str) or not value:
        return ""
    known = _FINISH_REASONS.get(value.lower())
    is_identifier = len(value) <= 64 and value.isascii() and value.replace("_", "").replace("-", "").isalnum()
    return known or (value if is_identifier else "")


class WholeCharacters:
    """Joins UTF-16 surrogates that were split: proxies that count in UTF-16 send an emoji in two halves."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """Returns the complete characters; a high surrogate is held back, a lone surrogate becomes U+FFFD."""
        text, self._half = self._half + piece, ""
        try:
            text.encode()
        except UnicodeEncodeError:
            if "\ud800" <= text[-1] <= "\udbff":
                text, self._half = text[:-1], text[-1]
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def end(self) -> str:
        """Returns the rest at the end of the text."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
