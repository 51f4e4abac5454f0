"""One judgement of each model endpoint: reachable, key accepted, model listed, and how its last reply ended.

The start message, ``/health``, ``nono_doctor`` and the admin's first page all say what stands here.
"""

import asyncio
import hashlib
import json
import re
import time
from dataclasses import asdict, dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from django.conf import settings

from chat_app.responders.client import model_client
from chat_app.responders.dialect import dialect_of
from chat_app.responders.errors import EndpointError
from chat_app.responders.refusal import MAX_BODY, json_of
from chat_app.responders.targets import Target, targets
from nono import operations, store
from nono.errors import StoreUnavailable

PROBE_S: Final = 2.0
"""Seconds in which an endpoint has to say which models it has."""

KNOWN_FOR_S: Final = 10.0
"""Seconds for which an answer to that is believed."""

NEWS_FOR_S: Final = 600.0
"""Seconds for which a failed last reply counts against an endpoint that answers otherwise."""

TOLD_AGAIN_S: Final = 30.0
"""Seconds after which an outcome that has not changed is written to the store again."""

DEFAULT_MODEL: Final = "default"
"""The name that LLM_MODEL has where nobody set it."""

_CHATS_OWN: Final = frozenset({"context", "policy", "empty", "internal"})
"""Reasons of a failed reply that say nothing about the endpoint."""

_VERSIONED: Final = re.compile(r"/v\d+(?:beta\d*)?(?:/|$)")


@dataclass(frozen=True, slots=True)
class LastReply:
    """How the newest reply of a model ended: "" or the reason of its failure, at a time in seconds since 1970.

    ``adaptations`` are what was learned of the endpoint by then, as sentences.
    """

    reason: str
    at: float
    adaptations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of one model at one endpoint; None where it is not known."""

    target: Target
    reachable: bool
    key_accepted: bool | None = None
    model_listed: bool | None = None
    problem: str = ""
    last_reply: LastReply | None = None

    @property
    def works(self) -> bool:
        """Tells whether a reply can be expected, as far as is known."""
        return not self._trouble()

    @property
    def sentence(self) -> str:
        """Returns what is known in one sentence, without the endpoint's address."""
        if trouble := self._trouble():
            return trouble
        if self.model_listed:
            return "The model endpoint answers and lists the model."
        if self.last_reply and not self.last_reply.reason:
            return "The model endpoint answers, and its last reply was whole."
        return "The model endpoint answers, but does not say which models it has: the first reply will tell."

    def to_dict(self) -> dict[str, Any]:
        """Returns the judgement as ``/health`` and the doctor's JSON have it."""
        return {
            "endpoint": self.target.name or "default",
            "works": self.works,
            "reachable": self.reachable,
            "key_accepted": self.key_accepted,
            "model_listed": self.model_listed,
            "last_reply": None if self.last_reply is None else self.last_reply.reason or "ok",
            "sentence": self.sentence,
        }

    def _trouble(self) -> str:
        url, key = self.target.url_setting, self.target.key_setting
        last = self.last_reply
        has_worked = last is not None and not last.reason
        if not self.reachable:
            return f"The model endpoint cannot be reached: check {url}, and that its server runs."
        if self.problem:
            return self.problem
        if self.key_accepted is False:
            return f"The model endpoint refuses the key: check {key}."
        if self.model_listed is False and not has_worked:
            return "The model endpoint does not list this model: check LLM_MODEL."
        if last and last.reason and last.reason not in _CHATS_OWN and time.time() - last.at < NEWS_FOR_S:
            return f"The model endpoint answers, but the last reply failed: {_FAILURES[last.reason]}."
        return ""


_FAILURES: Final = {
    "unreachable": "it could not be reached",
    "timeout": "it did not answer in time",
    "key": "it refused the key",
    "quota": "its account has no credit or quota left",
    "model": "it does not have this model; check LLM_MODEL and LLM_BASE_URL",
    "parameter": "it refused the request",
    "busy": "it was busy or failed itself",
    "broken": "its answer could not be read",
}


@dataclass(slots=True)
class _Known:
    """What one event loop knows of the endpoints."""

    lock: asyncio.Lock
    judgements: tuple[Judgement, ...] = ()
    asked_at: float = -KNOWN_FOR_S
    of: tuple[Target, ...] = ()


_known: WeakKeyDictionary[asyncio.AbstractEventLoop, _Known] = WeakKeyDictionary()
_told: dict[Target, LastReply] = {}


async def judgements() -> tuple[Judgement, ...]:
    """Judges every model that some persona's replies come from, within ``PROBE_S`` s; probes at most every 10 s."""
    known = _known.setdefault(asyncio.get_running_loop(), _Known(asyncio.Lock()))
    async with known.lock:
        wanted = tuple(targets())
        if wanted != known.of or time.monotonic() - known.asked_at >= KNOWN_FOR_S:
            known.judgements = tuple(await asyncio.gather(*map(_judged, wanted)))
            known.asked_at, known.of = time.monotonic(), wanted
        return known.judgements


async def note_reply(target: Target, reason: str) -> None:
    """Notes how a reply ended, "" for well, for all processes; a store that is away is told another time."""
    reply = LastReply(reason, time.time(), tuple(dialect_of(target).sentences()))
    before = _told.get(target)
    is_old_news = before and (before.reason, before.adaptations) == (reply.reason, reply.adaptations)
    if before and is_old_news and reply.at - before.at < TOLD_AGAIN_S:
        return
    _told[target] = reply
    known = _known.get(asyncio.get_running_loop())
    if known is not None:
        known.asked_at = -KNOWN_FOR_S
    try:
        await store.arun(operations.note_last_reply(_mark(target), json.dumps(asdict(reply))))
    except StoreUnavailable:
        del _told[target]


async def _judged(target: Target) -> Judgement:
    last = await _last_reply(target)
    reachable, key_accepted, models, problem = await _probed(target)
    listed = None if models is None else _lists(models, target.model)
    return Judgement(target, reachable, key_accepted, listed, problem, last)


async def _last_reply(target: Target) -> LastReply | None:
    try:
        told = await store.arun(operations.last_reply(_mark(target)))
    except StoreUnavailable:
        return _told.get(target)
    try:
        read = json.loads(told) if told else None
        return read and LastReply(str(read["reason"]), float(read["at"]), tuple(map(str, read["adaptations"])))
    except (ValueError, KeyError, TypeError):
        return None


async def _probed(target: Target) -> tuple[bool, bool | None, list[str] | None, str]:
    """Returns whether the endpoint answers, whether it takes the key, its models, and what is wrong with it."""
    try:
        async with asyncio.timeout(PROBE_S):
            status, models = await _ask(target, "/models")
            if models is None and status not in {401, 403} and not _VERSIONED.search(target.base_url):
                below, found = await _ask(target, "/v1/models")
                if found is not None or below == 401:
                    return True, None, None, f"{target.url_setting} lacks /v1: the endpoint answers below that."
    except EndpointError as error:
        return True, False, None, error.sentence
    except (aiohttp.ClientError, OSError, ValueError):
        return False, None, None, ""
    if status == 401:
        return True, False, None, ""
    if 300 <= status < 400:
        return True, None, None, f"The model endpoint redirects: {target.url_setting} must be where it leads."
    if status >= 500:
        return True, None, None, f"The model endpoint answers {status}: it is not ready, or it fails."
    accepted = True if models is not None and target.api_key else None
    return True, accepted, models, ""


async def _ask(target: Target, path: str) -> tuple[int, list[str] | None]:
    """Returns the status of ``path`` and the models that it lists, None where it lists none."""
    async with await model_client().get(target, path) as response:
        told = json_of(await response.content.read(16 * MAX_BODY)) if 200 <= response.status < 300 else None
        return response.status, _models(told)


def _models(told: Any) -> list[str] | None:
    listed = told.get("data", told.get("models")) if isinstance(told, dict) else told
    if not isinstance(listed, list):
        return None
    names = [one.get("id", one.get("name")) if isinstance(one, dict) else one for one in listed]
    return [name for name in names if isinstance(name, str)]


def _lists(models: list[str], model: str) -> bool:
    """Tells whether ``model`` is listed; Ollama adds ``:latest``, Gemini puts ``models/`` before a name.

    A server with one model takes any name, which is what the default name of LLM_MODEL is for.
    """
    names = {name.removeprefix("models/").removesuffix(":latest") for name in models}
    is_any = model == DEFAULT_MODEL and len(models) == 1
    return is_any or model.removeprefix("models/").removesuffix(":latest") in names


def _mark(target: Target) -> str:
    """Returns what stands for a model, its endpoint and its key in the store: a keyed digest of them."""
    words = "\n".join((settings.SECRET_KEY, target.base_url, target.model, target.api_key or ""))
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:32]
