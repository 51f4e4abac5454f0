"""The session calls: create, list, clear, undo, extend, held, personas."""

from typing import Annotated
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.urls import register_converter
from django.urls.converters import StringConverter
from django.utils.translation import get_language
from ninja import Path, Query, Router

from nono import rate_limits
from nono.web.api import problems
from nono.web.client_ip import address_of
from nono.web.strict_json import text_of
from sessions_app import audit, personas
from sessions_app.access import admit, sees_everything
from sessions_app.listing import MAX_PAGE, ListQuery
from sessions_app.manager import SessionManager
from sessions_app.names import clean_user_id
from sessions_app.schemas import (
    ClearResponse,
    HoldingList,
    PersonaList,
    SessionCreateRequest,
    SessionCreateResponse,
    SessionDetail,
    SessionList,
    UndoRequest,
)
from sessions_app.session import Session
from sessions_app.stored_data import held_for
from sessions_app.visitors import visitor_of


class AnyName(StringConverter):
    """Path converter that accepts slashes and line breaks, so that the rule for names rejects them with an error."""

    regex = "(?s:.+)"


register_converter(AnyName, "name")
router = Router(tags=["sessions"])
sessions = SessionManager()

UserId = Annotated[str, Path(..., examples=["John Doe"])]


@router.post("/session/create", response={201: SessionCreateResponse, **problems(403, 409, 413, 415, 429)})
def create_session(request: HttpRequest, body: SessionCreateRequest) -> HttpResponse:
    """Creates a session under a free name."""
    user_id = clean_user_id(body.user_id)
    rate_limits.allow_new_session(address_of(request))
    persona = personas.DEFAULT if body.persona is None else body.persona
    session = sessions.create_session(user_id, persona, body.metadata, owner=visitor_of(request).owner)
    shown = {name: getattr(session, name) for name in SessionCreateResponse.model_fields}
    location = f"/api/session/{quote(session.user_id, safe='')}/history"
    return _json(shown, status=201, headers={"Location": location})


@router.get("/sessions", response={200: SessionList, **problems()})
def list_sessions(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = MAX_PAGE,
    cursor: str | None = None,
    persona: str | None = None,
    q: Annotated[str, Query(description="A part of the name, in any case.")] = "",
) -> HttpResponse:
    """Lists the sessions that the visitor may see, most recently active first."""
    visitor = visitor_of(request)
    owner = None if sees_everything(visitor) else visitor.owner
    query = ListQuery(owner=owner, persona=persona or None, text=q, limit=limit, cursor=cursor)
    return _json(sessions.list_sessions_detailed(query).to_dict())


@router.delete("/session/{name:user_id}/clear", response={200: ClearResponse, **problems(403, 413, 415, 429)})
def clear_session(request: HttpRequest, user_id: UserId) -> HttpResponse:
    """Deletes a session and its history; it can be restored for 10 s."""
    rate_limits.allow_clear(address_of(request))
    session = admitted(request, user_id)
    cleared = sessions.delete_session(session.user_id, epoch=session.epoch)
    audit.note(visitor_of(request), session, "Cleared as its visitor does.", ended=True)
    return _json(
        {
            "status": "success",
            "message": f"Session cleared for user {session.user_id}",
            "undo_until": cleared.undo_until,
            "undo": cleared.undo,
        }
    )


@router.post("/session/{name:user_id}/undo", response={200: SessionDetail, **problems(403, 409, 413, 415)})
def undo_clear(request: HttpRequest, user_id: UserId, body: UndoRequest | None = None) -> HttpResponse:
    """Restores a session that was cleared within the last 10 s."""
    name = clean_user_id(user_id)
    cleared = admit(visitor_of(request), sessions.get_cleared(name))
    restored = sessions.undo(name, body.undo if body else "", epoch=cleared.epoch)
    audit.note(visitor_of(request), restored, "Took a clear back as its visitor does.")
    return _json(restored.to_dict())


@router.post("/session/{name:user_id}/extend", response={200: SessionDetail, **problems(403, 413, 415)})
def extend_session(request: HttpRequest, user_id: UserId) -> HttpResponse:
    """Resets the TTL of a session, limited by its maximum age."""
    session = admitted(request, user_id)
    extended = sessions.extend(session.user_id, epoch=session.epoch)
    audit.note(visitor_of(request), extended, "Extended the clock as its visitor does.")
    return _json(extended.to_dict())


@router.get("/session/{name:user_id}/held", response={200: HoldingList, **problems()})
def list_holdings(request: HttpRequest, user_id: UserId) -> HttpResponse:
    """Lists everything that the store holds for a session and its visitor: kinds of keys, sizes and expiry times."""
    name = clean_user_id(user_id)
    return _json(held_for(visitor_of(request), name, address_of(request)).to_dict())


@router.get("/personas", response={200: PersonaList, **problems()})
def list_personas(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  ninja wants it
    """Lists the personas, in the language of ``Accept-Language`` if the personas file has it."""
    fields, spoken = ("key", "name", "role", "greeting"), personas.every(get_language())
    return _json({"personas": [{name: getattr(one, name) for name in fields} for one in spoken]})


def admitted(request: HttpRequest, user_id: str) -> Session:
    """Returns the session of a request, with a single read, so that a refusal takes the same time if it is missing."""
    return admit(visitor_of(request), sessions.get_session(clean_user_id(user_id)))


def _json(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(text_of(value), status=status, content_type="application/json", headers=headers)
