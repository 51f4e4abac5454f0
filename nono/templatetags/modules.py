"""Template tag for ``modulepreload`` links.

Without them the browser fetches one layer of imports after the other; with them it fetches all modules at once.
"""

import posixpath
import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# Static imports only: modules loaded by import() are fetched on demand.
IMPORT = re.compile(r"""^(?:import|export)\b(?:[^"';(]*\bfrom)?\s*["'](\.[^"']+)["']""", re.MULTILINE)


@register.simple_tag
def module_preloads(entry: str) -> SafeString:
    """Renders one link for each module that ``entry`` (a path below STATIC_URL) imports, directly or not."""
    imported = imports_of.__wrapped__(entry) if settings.DEBUG else imports_of(entry)
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(path),) for path in imported))


@cache
def imports_of(entry: str) -> tuple[str, ...]:
    """Returns the paths of all modules that ``entry`` imports, sorted, without itself.

    Raises:
        FileNotFoundError: a module that is imported does not exist.
    """
    found: set[str] = set()
    waiting = [entry]
    while waiting:
        path = waiting.pop()
        folder = posixpath.dirname(path)
        named = {posixpath.normpath(posixpath.join(folder, name)) for name in IMPORT.findall(_source(path))}
        waiting += named - found
        found |= named
    return tuple(sorted(found - {entry}))


def _source(path: str) -> str:
    file = finders.find(path)
    if file is None:
        raise FileNotFoundError(path)
    return Path(file).read_text(encoding="utf-8")
