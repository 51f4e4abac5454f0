"""Request and response schemas of the session endpoints."""

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from sessions_app import personas


class SessionCreateRequest(BaseModel):
    """The name, the persona and the metadata of the new session."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: str = Field(examples=["John Doe"], description="The display name: 1 to 64 letters, digits, emoji …")
    persona: str | None = Field(default=personas.DEFAULT, examples=["mental_health_nurse"])
    metadata: dict[str, Any] | None = Field(default_factory=dict, description="At most 4 KiB and 5 levels.")


class SessionCreateResponse(BaseModel):
    """The session that was created."""

    session_id: str = Field(examples=["session_John Doe_1729425600"])
    user_id: str
    created_at: str
    persona: str


class SessionListItem(BaseModel):
    """One session of the list; times are ISO 8601 in UTC."""

    session_id: str
    user_id: str
    persona: str
    created_at: str
    last_activity: str
    message_count: int
    expires_at: str


class SessionDetail(SessionListItem):
    """One session with the metadata of its creation."""

    metadata: dict[str, Any]


class SessionList(BaseModel):
    """A page of sessions, the number of all matches, and the cursor of the next page."""

    sessions: list[SessionListItem]
    count: int
    next: str | None


class UndoRequest(BaseModel):
    """The clear to undo: its token, or the latest clear of that name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    undo: str = Field(default="", validation_alias=AliasChoices("undo", "token"))


class ClearResponse(BaseModel):
    """The cleared session, and the token that restores it within 10 s."""

    status: str = "success"
    message: str = Field(examples=["Session cleared for user John Doe"])
    undo_until: str
    undo: str


class HoldingItem(BaseModel):
    """One kind of key in the store, by the prefix of its name."""

    kind: str = Field(examples=["chat_history"])
    bytes: int | None = Field(description="What it takes up; null where the store does not tell sizes.")
    expires_at: str = Field(description="When the last of it dies by itself.")


class HoldingList(BaseModel):
    """Everything that the store holds for a session and its visitor."""

    user_id: str
    bytes: int
    held: list[HoldingItem]


class PersonaItem(BaseModel):
    """One persona."""

    key: str
    name: str
    role: str
    greeting: str


class PersonaList(BaseModel):
    """All personas."""

    personas: list[PersonaItem]
