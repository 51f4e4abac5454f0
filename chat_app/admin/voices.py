"""Facts about the configured models on the admin's first page."""

from collections.abc import Iterator

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from chat_app.responders.judgement import judgements
from nono import url_validators
from sessions_app.admin.facts import Fact


def voices() -> Iterator[Fact]:
    """Yields a fact for each model, with the English sentence of its judgement, as in ``nono_doctor``."""
    judged = async_to_sync(judgements)()  # in the server's event loop, which caches the probes
    if not judged:
        yield Fact(_("Model"), _("None: the offline personas answer, because LLM_BASE_URL is not set."))
    for one in judged:
        place = {"model": one.target.model, "address": url_validators.without_password(one.target.base_url)}
        yield Fact(_("Model"), _("%(model)s at %(address)s") % place, wrong=one.works is False, more=(one.sentence,))
