"""Schemas of the chat's client frames, of ``POST /api/chat`` and of the responses."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from chat_app.messages import MAX_MESSAGE
from nono.contract import Danger
from nono.errors import InvalidRequest
from nono.web.validation_errors import fault_of, sentence_of
from sessions_app.schemas import SessionDetail


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("a message needs at least one character that is not a space")
    return text


def _uuid(text: str) -> str:
    try:
        UUID(text)
    except ValueError:
        raise ValueError("a client_id is a UUID, such as 1f0c2a54-5d3e-4a2b-9c41-7e3f5a6b8d90") from None
    return text


ClientId = Annotated[str, AfterValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]
"""A UUID in its original spelling, because the client compares it with the one in the response."""
Text = Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE), AfterValidator(_not_blank)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class MessageFrame(_Strict):
    """A message; the type may be missing, as in the mission's ``{"text"}``."""

    type: Literal["message"] = "message"
    text: Text
    client_id: ClientId | None = None


class ExtendFrame(_Strict):
    """Request to reset the chat's TTL."""

    type: Literal["extend"]


class StopFrame(_Strict):
    """Request to end the running reply where it is."""

    type: Literal["stop"]


class RegenerateFrame(_Strict):
    """Request to replace the last reply with a new one."""

    type: Literal["regenerate"]


class ContinueFrame(_Strict):
    """Request for the rest of the last reply, which was cut at the model's length limit."""

    type: Literal["continue"]


class PingFrame(_Strict):
    """Request for a ``pong``."""

    type: Literal["ping"]


ClientFrame = MessageFrame | StopFrame | RegenerateFrame | ContinueFrame | ExtendFrame | PingFrame
_BY_TYPE: dict[str, type[ClientFrame]] = {
    "message": MessageFrame,
    "stop": StopFrame,
    "regenerate": RegenerateFrame,
    "continue": ContinueFrame,
    "extend": ExtendFrame,
    "ping": PingFrame,
}


def _either_word(schema: dict[str, Any]) -> None:
    """Adds to the OpenAPI schema that exactly one of the two names of the text and of the session is given."""
    schema["properties"]["user_message"] = schema["properties"]["message"] | {"title": "User Message"}
    schema["required"] = [name for name in schema["required"] if name != "message"]
    schema["allOf"] = [
        {"oneOf": [{"required": [name]} for name in names]}
        for names in (("message", "user_message"), ("user_id", "session_id"))
    ]


class ChatRequest(_Strict):
    """The body of ``POST /api/chat``, with this API's field names or the mission's."""

    model_config = ConfigDict(json_schema_extra=_either_word)

    user_id: str | None = None
    session_id: str | None = None
    message: Text = Field(validation_alias=AliasChoices("message", "user_message"))
    client_id: ClientId | None = None
    persona_name: str | None = Field(default=None, description="Who shall answer, in the original's word.")


def read_frame(content: Any) -> ClientFrame:
    """Parses a client frame; raises ``InvalidRequest``, which names what is wrong and what is allowed."""
    if not isinstance(content, dict):
        raise InvalidRequest("A frame is a JSON object.")
    kind = content.get("type", "message")
    if not isinstance(kind, str) or kind not in _BY_TYPE:
        raise InvalidRequest(f"The frame type {str(kind)[:40]!r} is not known; allowed are {', '.join(_BY_TYPE)}.")
    try:
        return _BY_TYPE[kind].model_validate(content)
    except ValidationError as wrong:
        raise InvalidRequest(sentence_of([fault_of(one) for one in wrong.errors()[:5]])) from None


class ChatMessageItem(BaseModel):
    """One message, as stored."""

    role: Literal["user", "assistant"]
    content: str
    timestamp: str
    metadata: dict[str, Any]
    seq: int = Field(description="1, 2, 3 … without gaps in a session.")
    id: str


class HistoryResponse(BaseModel):
    """The messages of a session."""

    user_id: str
    session_id: str
    persona: str
    message_count: int
    messages: list[ChatMessageItem]


class ExportDocument(BaseModel):
    """A chat as an export document."""

    session: SessionDetail
    exported_at: str
    messages: list[ChatMessageItem]


class SafetyNotice(BaseModel):
    """Help to show to the author of the message: the full card (``card``) or a reminder (docs/safety.md)."""

    level: Danger
    card: bool


class ChatReply(BaseModel):
    """The reply to a message."""

    response: str
    session_id: str
    user_id: str
    timestamp: str
    message: ChatMessageItem
    safety: SafetyNotice | None = Field(default=None, description="Only where the message speaks of danger.")
