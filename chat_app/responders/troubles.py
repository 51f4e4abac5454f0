"""The sentence for each trouble with a model endpoint, found by a probe or a failed reply."""

from typing import Final, Literal

from django.conf import settings

from chat_app.responders.targets import Target

Trouble = Literal[
    "",
    "address",
    "unreachable",
    "proxy",
    "untrusted",
    "timeout",
    "other",
    "redirect",
    "no_v1",
    "loading",
    "busy",
    "key",
    "key_characters",
    "quota",
    "unlisted",
    "model",
    "not_for_chats",
    "lost",
    "late",
    "parameter",
    "broken",
]
"""Trouble that prevents a model from replying; "" for none."""

_SENTENCES: Final[dict[Trouble, str]] = {
    "address": "The model endpoint cannot be asked: {url} is no address that can be used.",
    "unreachable": "The model endpoint cannot be reached: check {url}, and that its server runs.",
    "proxy": "The proxy to the model endpoint cannot be used: check LLM_PROXY.",
    "untrusted": "The certificate of the model endpoint is not trusted: check {url}, or set LLM_CA_FILE.",
    "timeout": "The model endpoint does not answer in time: check that its server does not hang.",
    "other": "What answers at this address is no model endpoint: check {url}.",
    "redirect": "The model endpoint redirects: {url} must be where it leads.",
    "no_v1": "{url} lacks /v1: the model endpoint answers below that.",
    "loading": "The model endpoint is not ready (503): it loads its model, or is overloaded.",
    "busy": "The model endpoint is busy, or its server fails: look at its log.",
    "key": "The model endpoint refuses the key: check {key}.",
    "key_characters": "{key} has characters that no header can carry.",
    "quota": "The account at the model endpoint has no credit or quota left.",
    "unlisted": "The model endpoint does not list this model: check {model}.",
    "model": "The model endpoint does not have this model: check {model} and {url}.",
    "not_for_chats": "The model endpoint lists this model, but does not reply with it: check {model}.",
    "lost": "The model endpoint answers, but the connection to it was lost in its last reply: look at its log.",
    "late": "The model endpoint answers, but its last reply did not come in time: it may be overloaded.",
    "parameter": "The model endpoint answers, but refused the last question: Nono's log says why.",
    "broken": "The model endpoint answers, but its last reply could not be read: check {url}.",
}


def sentence_of(trouble: Trouble, target: Target) -> str:
    """Returns the sentence; it names settings, but no address, key or model."""
    key, given = target.key_setting, target.name == "" and bool(settings.LLM_EXTRA_HEADERS)
    if trouble == "key" and not target.api_key and not given:
        return f"The model endpoint wants a key: set {key}."
    if not target.api_key and given:
        key = "LLM_EXTRA_HEADERS"
    model = "LLM_MODEL" if target.model == settings.LLM_MODEL else "the model of the persona"
    said = _SENTENCES[trouble].format(url=target.url_setting, key=key, model=model)
    return said[0].upper() + said[1:]
