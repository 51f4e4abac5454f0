"""REST calls of the chat: history, export, and a message with its reply."""

from collections.abc import AsyncGenerator
from typing import Annotated

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router
from pydantic import WithJsonSchema

from chat_app import conversation
from chat_app.export.formats import FORMATS, export, format_named
from chat_app.live.events import Frame
from chat_app.live.presence import TranscriptView
from chat_app.memory import ChatMemoryManager
from chat_app.schemas import ChatReply, ChatRequest, ExportDocument, HistoryResponse
from nono.errors import InvalidRequest
from nono.web.api import problems
from nono.web.downloads import attachment
from nono.web.strict_json import text_of
from sessions_app import audit
from sessions_app.access import Visitor, admit, observes
from sessions_app.api import UserId, admitted
from sessions_app.manager import SessionManager
from sessions_app.names import clean_user_id, user_of_session_id
from sessions_app.session import Session, not_found
from sessions_app.visitors import visitor_of

router = Router(tags=["chat"])
memory = ChatMemoryManager()
sessions = SessionManager()

MAX_SEQ = 2**53
AS_TEXT = ("text/markdown", "text/html")
"""Content types of the exports for which the OpenAPI document has no schema."""


@router.get("/session/{name:user_id}/history", response={200: HistoryResponse, **problems()})
def get_history(
    request: HttpRequest,
    user_id: UserId,
    after: Annotated[int | None, Query(ge=0, le=MAX_SEQ, description="Only messages with a greater seq.")] = None,
    limit: Annotated[int | None, Query(ge=1, le=MAX_SEQ, description="At most so many.")] = None,
) -> HttpResponse:
    """Returns the messages, oldest first: all, the newest ``limit``, or those ``after`` a seq."""
    name = admitted(request, user_id).user_id
    history = memory.get_messages(name, after=after, limit=limit)
    _disclose(visitor_of(request), admit(visitor_of(request), history.session), "Read the chat as its visitor does.")
    return HttpResponse(history.to_json(), content_type="application/json")


@router.get(
    "/session/{name:user_id}/export",
    response={200: ExportDocument, **problems()},
    openapi_extra={"responses": {200: {"content": {kind: {"schema": {"type": "string"}} for kind in AS_TEXT}}}},
)
def export_session(
    request: HttpRequest,
    user_id: UserId,
    format: Annotated[str, WithJsonSchema({"type": "string", "enum": FORMATS})] = "json",
) -> HttpResponse:
    """Returns the chat as a file: JSON, Markdown, or one self-contained HTML page."""
    wanted = format_named(format)
    history = memory.get_messages(admitted(request, user_id).user_id)
    session = admit(visitor_of(request), history.session)
    _disclose(visitor_of(request), session, f"Exported the chat as {wanted}, as its visitor does.")
    file = export(history, wanted)
    disposition = {"Content-Disposition": attachment(file.filename)}
    return HttpResponse(file.content, content_type=file.content_type, headers=disposition)


@router.post(
    "/chat",
    response={200: ChatReply, **problems(403, 413, 415, 429, 502)},
    openapi_extra={"responses": {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}},
)
async def chat(request: HttpRequest, body: ChatRequest) -> HttpResponseBase:
    """Sends a message to a session and waits for the reply, or streams it as server-sent events."""
    visitor = visitor_of(request)
    session = admit(visitor, await _addressed(body))
    if observes(visitor, session):
        await database_sync_to_async(_disclose)(visitor, session, "Wrote in the chat as its visitor does.")
    if body.persona_name not in {None, session.persona}:
        session = await sessions.aupdate_session(session.user_id, persona=body.persona_name, epoch=session.epoch)
    client_id = body.client_id or ""
    if request.get_preferred_type(["application/json", "text/event-stream"]) == "text/event-stream":
        run = conversation.stream(session.user_id, visitor, body.message, client_id=client_id)
        return await _event_stream(run)
    answer = await conversation.ask(session.user_id, visitor, body.message, client_id=client_id)
    shown = {
        "response": answer.message.content,
        "session_id": answer.session.session_id,
        "user_id": answer.session.user_id,
        "timestamp": answer.message.timestamp,
        "message": answer.message.to_dict(),
        **({"safety": answer.safety} if answer.safety else {}),
    }
    return HttpResponse(text_of(shown), content_type="application/json")


def _disclose(visitor: Visitor, session: Session, deed: str) -> None:
    """Logs an operator's action in a visitor's chat and notifies the visitor, before anything is returned."""
    if audit.note(visitor, session, deed):
        TranscriptView.of(session, visitor.operator, f"caller{visitor.operator}").begin()


async def _addressed(body: ChatRequest) -> Session:
    if (body.user_id is None) == (body.session_id is None):
        raise InvalidRequest("Name the session by user_id or by session_id: exactly one of the two.")
    if body.user_id is not None:
        return await sessions.aget_session(clean_user_id(body.user_id))
    user_id = user_of_session_id(body.session_id or "")
    session = await sessions.aget_session(user_id)
    if session.session_id != body.session_id:
        raise not_found(user_id)
    return session


async def _event_stream(run: AsyncGenerator[Frame, None]) -> StreamingHttpResponse:
    """Waits for the first frame, so that an error before it becomes a problem response with its status."""
    first = await anext(run)

    async def events() -> AsyncGenerator[bytes, None]:
        yield _event(first)
        async for frame in run:
            yield _event(frame)

    kind = "text/event-stream; charset=utf-8"  # always UTF-8 by the standard, but some clients assume Latin-1
    return StreamingHttpResponse(events(), content_type=kind, headers={"X-Accel-Buffering": "no"})


def _event(frame: Frame) -> bytes:
    return f"event: {frame.type}\ndata: {frame.text}\n\n".encode()
