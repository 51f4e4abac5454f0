"""Languages of the page: the visitor's choice, and the translation catalogue of its scripts.

Without a choice, Accept-Language applies. docs/translations.md describes how catalogues are made.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.i18n import JavaScriptCatalog

from nono.errors import CrossOrigin
from nono.web import cross_origin

YEAR = 365 * 24 * 3600


@csrf_exempt  # the page has no token; the origin is checked instead, as for the API
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Stores the chosen language in a cookie and redirects to the page (``next``, a path)."""
    try:
        cross_origin.check_request(request)
    except CrossOrigin as error:
        return _refusal(403, error.detail)
    language, back = request.POST.get("language", ""), request.POST.get("next", "")
    if language not in codes():
        return _refusal(400, f"language is {language[:40]!r}; allowed are {', '.join(codes())}.")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = reverse("home")
    response = HttpResponseRedirect(back)
    response.set_cookie(
        *(settings.LANGUAGE_COOKIE_NAME, language),
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


class Words(JavaScriptCatalog):
    """Catalogue of the page's scripts in one language, at a URL with a hash of its content."""

    packages = ["nono"]  # noqa: RUF012  as in the base class; excludes the catalogue of Django's admin

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Returns the script that defines ``django.gettext`` and ``django.ngettext``."""
        language = kwargs["language"]
        if language not in codes():
            raise Http404
        with translation.override(language):
            response = super().get(request, *args)
        response["Content-Language"] = language
        # During an upgrade a process may be asked for the version of another process.
        current = kwargs["version"] == _version(language)
        response["Cache-Control"] = f"private, max-age={YEAR}, immutable" if current else "no-store"
        return response


def codes() -> list[str]:
    """Returns the codes of all languages, English first."""
    return [code for code, _name in settings.LANGUAGES]


def of_page(_request: HttpRequest) -> dict[str, Any]:
    """Context processor: the languages, and the URL of the scripts' catalogue ("" for English)."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    english = language == settings.LANGUAGE_CODE
    words = "" if english else reverse("words", kwargs={"language": language, "version": _version(language)})
    return {"languages": settings.LANGUAGES, "words_url": words}


@cache
def _version(language: str) -> str:
    digest = hashlib.sha256(django.__version__.encode())
    for folder in settings.LOCALE_PATHS:
        catalogue = Path(folder) / translation.to_locale(language) / "LC_MESSAGES" / "djangojs.mo"
        digest.update(catalogue.read_bytes() if catalogue.exists() else b"")
    return digest.hexdigest()[:12]


def _refusal(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
