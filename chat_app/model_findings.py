"""Findings of the doctor about the configured models: whether each works, and which adaptations apply to it."""

from collections.abc import Iterable, Iterator

from chat_app.responders.judgement import Judgement
from nono import url_validators
from nono.store.health import Finding


def model_findings(judged: Iterable[Judgement]) -> Iterator[Finding]:
    """Yields the judgement of each model, and a finding for each adaptation that was learned for its endpoint."""
    for one in judged:
        level = {True: "ok", None: "warning", False: "error"}[one.works]
        yield Finding(level, f"{place_of(one)}: {one.sentence}")  # type: ignore[arg-type]
        for adaptation in one.last_reply.adaptations if one.last_reply else ():
            yield Finding("ok", f"{one.target.model} {adaptation}.")


def place_of(judged: Judgement) -> str:
    """Returns the model and its address without secrets."""
    return f"{judged.target.model} at {url_validators.without_password(judged.target.base_url)}"
