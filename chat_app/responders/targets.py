"""Target of a persona's requests: an endpoint, its key and a model."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from chat_app.responders.errors import EndpointError
from sessions_app import personas
from sessions_app.personas import Persona

_HEADER_TEXT: Final = re.compile(r"[!-~]{1,4096}")
_AZURE: Final = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")


@dataclass(frozen=True, slots=True)
class Target:
    """One model at one endpoint; ``name`` is the endpoint's in the personas file, "" for LLM_BASE_URL."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    name: str = ""

    def url(self, path: str) -> str:
        """Returns the URL of ``path`` below the base URL, with the base URL's query string."""
        parts = urlsplit(self.base_url)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}{path}"))

    def headers(self) -> dict[str, str]:
        """Returns the headers of a request; raises ``EndpointError`` if the key is not a valid header value.

        Azure's variant of the protocol (``?api-version=``) takes the key as ``api-key``, the others as a bearer token.
        """
        headers = {"Accept-Encoding": "identity"}  # compression delays a stream, and its inflated size has no bound
        if key := (self.api_key or "").strip():
            if not _HEADER_TEXT.fullmatch(key):
                raise EndpointError(f"{self.key_setting} is nothing that a header can carry.", reason="key")
            headers |= {"api-key": key} if self._is_azure else {"Authorization": f"Bearer {key}"}
        extra = {} if self.name else settings.LLM_EXTRA_HEADERS
        given = {name.lower() for name in extra}  # configured headers take precedence, in any case
        return {name: value for name, value in headers.items() if name.lower() not in given} | extra

    @property
    def extra_body(self) -> dict[str, Any]:
        """Returns the fields that an operator adds to each request to LLM_BASE_URL."""
        return {} if self.name else settings.LLM_EXTRA_BODY

    @property
    def url_setting(self) -> str:
        """Returns the name of the setting with the address."""
        return f"base_url of endpoint {self.name}" if self.name else "LLM_BASE_URL"

    @property
    def key_setting(self) -> str:
        """Returns the name of the setting with the key."""
        return f"the key of endpoint {self.name}" if self.name else "LLM_API_KEY"

    @property
    def _is_azure(self) -> bool:
        parts = urlsplit(self.base_url)
        return "api-version=" in parts.query or (parts.hostname or "").endswith(_AZURE)


def target_of(persona: Persona) -> Target | None:
    """Returns the target of ``persona``; None if no model is configured for it."""
    model = persona.model or settings.LLM_MODEL
    if persona.endpoint:
        named = personas.endpoints()[persona.endpoint]
        return Target(named.base_url, model, named.api_key, named.name)
    if settings.LLM_BASE_URL:
        return Target(settings.LLM_BASE_URL, model, settings.LLM_API_KEY)
    return None


def targets() -> list[Target]:
    """Returns the distinct targets of all personas, in the order of the personas."""
    return list(dict.fromkeys(_all()))


def _all() -> Iterator[Target]:
    for persona in personas.every():
        if (target := target_of(persona)) is not None:
            yield target
