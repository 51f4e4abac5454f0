"""View of the chat page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.timesince import timesince
from django.utils.translation import get_language, ngettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from chat_app.responders.targets import targets
from chat_app.safety import helplines
from sessions_app import personas
from sessions_app.personas import Persona


@gzip_page  # safe: the page holds no secret that its compressed size could reveal (BREACH)
@require_safe
def chat_page(request: HttpRequest, user_id: str = "") -> HttpResponse:
    """Renders the page; the script looks up which chat it opens and whether it exists."""
    has_model = bool(targets())
    understood = has_model or _language() == settings.LANGUAGE_CODE
    context = {
        "user_id": user_id,
        "personas": personas.every(_language()) if understood else _scripted(),
        "answers_in_english": not understood,
        "access": settings.NONO_ACCESS,
        "session_ttl": settings.NONO_SESSION_TTL,
        "kept_for": _in_words(settings.NONO_SESSION_TTL),
        "model": has_model,
        "country": helplines.here(),
    }
    return render(request, "chat/chat.html", context)


@require_safe
def icon(_request: HttpRequest) -> HttpResponseRedirect:
    """Redirects to Nono's icon, for pages without an icon link such as the admin's."""
    return HttpResponseRedirect(static("img/nono.svg"))


def _scripted() -> list[Persona]:
    """Returns the personas in the visitor's language, with starters that the offline responder understands."""
    pairs = zip(personas.every(), personas.every(_language()), strict=True)
    return [replace(shown, starters=persona.starters) for persona, shown in pairs]


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _in_words(seconds: int) -> str:
    """Returns a duration in the visitor's language: "1 hour", "5 seconds"."""
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return timesince(begin, begin + timedelta(seconds=seconds))
