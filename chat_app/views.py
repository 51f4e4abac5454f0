"""The one page that visitors see."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.timesince import timesince
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from sessions_app import personas


@require_safe
def chat_page(request: HttpRequest, user_id: str = "") -> HttpResponse:
    """Renders the page; which chat it opens, and whether that exists, is the script's to ask."""
    context = {
        "user_id": user_id,
        "personas": personas.every(),
        "access": settings.NONO_ACCESS,
        "session_ttl": settings.NONO_SESSION_TTL,
        "kept_for": _in_words(settings.NONO_SESSION_TTL),
    }
    return render(request, "chat/chat.html", context)


@require_safe
def icon(_request: HttpRequest) -> HttpResponseRedirect:
    """Leads pages that name no icon of their own, the admin's among them, to Nono's."""
    return HttpResponseRedirect(static("img/nono.svg"))


def _in_words(seconds: int) -> str:
    """Returns a time as people say it, in the visitor's language: "1 hour", "5 seconds"."""
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return timesince(begin, begin + timedelta(seconds=seconds))
