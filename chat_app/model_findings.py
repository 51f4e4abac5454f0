"""What the doctor says of the models that reply: whether each works, and what is done otherwise for it."""

from collections.abc import Iterable, Iterator

from chat_app.responders.judgement import Judgement
from nono import url_validators
from nono.store.health import Finding


def model_findings(judged: Iterable[Judgement]) -> Iterator[Finding]:
    """Yields the judgement of each model, and a line for each thing that was learned of its endpoint."""
    for one in judged:
        level = {True: "ok", None: "warning", False: "error"}[one.works]
        yield Finding(level, f"{place_of(one)}: {one.sentence}")  # type: ignore[arg-type]
        for adaptation in one.last_reply.adaptations if one.last_reply else ():
            yield Finding("ok", f"{one.target.model} {adaptation}.")


def place_of(judged: Judgement) -> str:
    """Returns the model and its address, without what is secret in it."""
    return f"{judged.target.model} at {url_validators.without_password(judged.target.base_url)}"
