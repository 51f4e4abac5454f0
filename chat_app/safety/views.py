"""Pages for people in danger, and for people who want to know what Nono does then; they need nothing that may fail."""

import unicodedata

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from chat_app.safety import helplines


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Renders whom to reach now: the lines of this installation's country first, then all that are known."""
    context = {
        "country": helplines.here(),
        "countries": sorted(helplines.everywhere(), key=lambda country: _letters_of(gettext(country.name))),
        "verified": helplines.verified(),
    }
    return render(request, "safety/help.html", context)


@require_safe
def protocol_page(request: HttpRequest) -> HttpResponse:
    """Renders what is looked at, what happens then, what is not done, and where that ends."""
    return render(request, "safety/protocol.html", {"country": helplines.here()})


def _letters_of(name: str) -> str:
    """Returns what a name is sorted by: its letters without their case and accents, so that Ö stands at O."""
    parts = unicodedata.normalize("NFKD", name).casefold()
    return "".join(part for part in parts if not unicodedata.combining(part))
