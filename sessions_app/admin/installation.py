"""Facts about the installation: version, responders, access mode, and the state of the store."""

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from nono.metrics.prometheus import version
from nono.store import health as store_health
from sessions_app.admin.facts import Fact

Facts = Callable[[], Iterable[Fact]]

_added: list[Facts] = []


def add_facts(facts: Facts) -> None:
    """Registers a function that yields more facts each time the first page is shown; apps call it in ``ready``."""
    _added.append(facts)


def installation() -> tuple[Fact, ...]:
    """Returns the version, the facts of other apps, and the access mode."""
    added = (fact for facts in _added for fact in facts())
    return (Fact(_("Version"), version()), *added, _access())


def verdict() -> Fact:
    """Returns the result of the store checks, with the findings that are not ``ok``.

    These are the quick checks of ``nono_doctor``: the chats in the store are not checked.
    """
    found = [finding for finding in store_health.findings() if finding.level != "ok"]
    is_broken = any(finding.level == "error" for finding in found)
    said = _("The store is as it should be.")
    if found:
        said = _("A promise is broken.") if is_broken else _("Something could be better.")
    return Fact(_("Doctor"), said, wrong=is_broken, more=tuple(_sentences(found)))


def _sentences(found: list[store_health.Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{finding.what} {finding.advice}".strip()


def _access() -> Fact:
    if settings.NONO_ACCESS == "shared":
        return Fact(_("Access"), _("shared: everybody who can open this address can read all chats"))
    return Fact(_("Access"), _("private: each browser sees its own chats"))
