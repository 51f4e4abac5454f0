"""What an operator asks of an installation first: which Nono it is, who answers, who may read, is the store sound."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from nono import addresses, self_check
from nono.metric_families import version
from sessions_app.admin.facts import Fact


def installation(*, model_answers: bool | None) -> tuple[Fact, ...]:
    """Returns what is known without the store; ``model_answers`` is None where no model is configured."""
    return (Fact(_("Version"), version()), _voice(model_answers=model_answers), _access())


def verdict() -> Fact:
    """Returns what the doctor says of the store, in its own words where something is not as it should be.

    That is the quick part of ``nono_doctor``: the chats in the store are not looked at.
    """
    found = [finding for finding in self_check.findings() if finding.level != "ok"]
    is_broken = any(finding.level == "error" for finding in found)
    said = _("The store is as it should be.")
    if found:
        said = _("A promise is broken.") if is_broken else _("Something could be better.")
    return Fact(_("Doctor"), said, wrong=is_broken, more=tuple(_sentences(found)))


def _sentences(found: list[self_check.Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{finding.what} {finding.advice}".strip()


def _voice(*, model_answers: bool | None) -> Fact:
    if model_answers is None:
        return Fact(_("Model"), _("None: the offline personas answer, because LLM_BASE_URL is not set."))
    model = {"model": settings.LLM_MODEL, "address": addresses.without_password(settings.LLM_BASE_URL or "")}
    if model_answers:
        return Fact(_("Model"), _("%(model)s at %(address)s can be reached.") % model)
    said = _("%(model)s at %(address)s cannot be reached, or refuses the key: no reply can be given.")
    return Fact(_("Model"), said % model, wrong=True)


def _access() -> Fact:
    if settings.NONO_ACCESS == "shared":
        return Fact(_("Access"), _("shared: everybody who can open this address can read all chats"))
    return Fact(_("Access"), _("private: each browser sees its own chats"))
