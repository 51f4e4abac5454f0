"""Help page and safety protocol page; they depend on neither Redis nor a model."""

import unicodedata

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from chat_app.safety import helplines


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Renders the helplines: those of this installation's country first, then all countries."""
    context = {
        "country": helplines.here(),
        "countries": sorted(helplines.everywhere(), key=lambda country: _letters_of(gettext(country.name))),
        "verified": helplines.verified(),
    }
    return render(request, "safety/help.html", context)


@require_safe
def protocol_page(request: HttpRequest) -> HttpResponse:
    """Renders the description of the safety layer: what it detects, what it does, and its limits."""
    return render(request, "safety/protocol.html", {"country": helplines.here()})


def _letters_of(name: str) -> str:
    """Returns the sort key of a name: its letters without case and accents, so that Ö sorts as O."""
    parts = unicodedata.normalize("NFKD", name).casefold()
    return "".join(part for part in parts if not unicodedata.combining(part))
