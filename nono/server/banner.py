"""Start message: address, data folder, store, access and responders."""

import ipaddress
from collections.abc import Iterator, Sequence

from django.conf import settings
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from nono import private_redis, url_validators

NOBODY = "nobody can sign in at /admin/ yet: make createadmin (or python manage.py createsuperuser) makes an operator"


Voice = tuple[str, str]
"""A model with its address, and a sentence about its state."""


def lines(port: int, *, has_operator: bool = True, voices: Sequence[Voice] = ()) -> list[str]:
    """Returns the lines of the start message; ``port`` is the actual port, ``voices`` are the models that reply."""
    hint = [] if has_operator else [f"  Admin   {NOBODY}"]
    return [
        f"Nono is ready at {_address(port)}  (Ctrl-C stops it)",
        f"  Data    {settings.NONO_DATA_DIR}",
        f"  Store   {_store()}",
        f"  Chats   {_access()}",
        *_voices(voices),
        *hint,
    ]


def _address(port: int) -> str:
    host = settings.HOST
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}/"
    if ip.is_unspecified:
        return f"http://localhost:{port}/, on every address of this machine"
    return f"http://[{host}]:{port}/" if ip.version == 6 else f"http://{host}:{port}/"


def _store() -> str:
    if settings.REDIS_URL == private_redis.IN_MEMORY_URL:
        return "in memory: nothing is kept when Nono stops"
    where = url_validators.without_password(settings.REDIS_URL)
    try:
        server = get_redis_connection("chat").info("server")
    except RedisError:
        return f"{where} (does not answer now; Nono keeps trying)"
    version = server.get("valkey_version") or server["redis_version"]
    name = "Valkey" if "valkey_version" in server else "Redis"
    return f"{name} {version}, {'private, ' if settings.NONO_STORE_IS_PRIVATE else ''}{where}"


def _access() -> str:
    if settings.NONO_ACCESS == "shared":
        return "shared: everyone who can open this address can read all of them"
    return "private: each browser sees its own"


def _voices(voices: Sequence[Voice]) -> Iterator[str]:
    """Yields the lines about the responders: two per model, and one for the default responder."""
    told = [line for model, sentence in voices for line in (f"the model {model}", sentence)]
    if not voices or not settings.LLM_BASE_URL:
        told.insert(0, _default_voice())
    for place, line in enumerate(told):
        yield f"  {'' if place else 'Voice':<8}{line}"


def _default_voice() -> str:
    if settings.LLM_BASE_URL:
        return f"the model {settings.LLM_MODEL} at {url_validators.without_password(settings.LLM_BASE_URL)}"
    return "offline: scripted personas, as no model is configured (LLM_BASE_URL)"
