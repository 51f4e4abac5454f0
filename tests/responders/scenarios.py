"""What an endpoint does with a question, what Nono has to make of it, and the one way in which all of it is checked."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import pytest
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from tests.conftest import Do
from tests.support.scripted_endpoint import KEY, SECRET, Conduct, ModelEndpoint, says
from tests.support.sockets import chat

How = Literal["socket", "rest", "sse"]
BOTH: Final[tuple[How, ...]] = ("socket", "rest")
ALL: Final[tuple[How, ...]] = ("socket", "rest", "sse")

GONE: Final = object()
"""Stands for a field that a question must not have."""

THOUGHT: Final = "canary-of-the-reasoning"
"""Stands in everything that a model thinks, and must be seen nowhere."""


@dataclass(frozen=True)
class Scenario:
    """``conducts`` answer the questions of one reply; the other fields say what becomes of it.

    ``questions`` is how many are asked, or at least and at most how many. ``last`` are fields of the last question,
    ``GONE`` for one that it must not have. ``phases`` are those of the status frames, None for any; ``log`` is what
    the log says, ``seconds`` the most that the reply may take; ``taken_back`` where the page may see the reasoning
    for a moment.
    """

    conducts: Sequence[Conduct]
    text: str = "Hi."
    state: str = "done"
    finish: str | None = "stop"
    reason: str | frozenset[str] | None = None
    questions: int | tuple[int, int] = 1
    last: Mapping[str, Any] = field(default_factory=dict)
    phases: tuple[str, ...] | None = ()
    log: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 15
    taken_back: bool = False
    how: tuple[How, ...] = BOTH


def fails(*conducts: Conduct, reason: str | frozenset[str], **expected: Any) -> Scenario:
    """Returns a scenario of a reply that fails without a word."""
    failed = Scenario(conducts, text="", state="error", finish=None, reason=reason)
    return replace(failed, **expected)


def cases(scenarios: Mapping[str, Scenario]) -> pytest.MarkDecorator:
    """Parametrizes a test by each scenario and each way in which it is asked."""
    every = [
        pytest.param(scenario, how, id=f"{name}, {how}", marks=_marks(how))
        for name, scenario in scenarios.items()
        for how in scenario.how
    ]
    return pytest.mark.parametrize(("scenario", "how"), every)


def ways(*hows: How) -> pytest.MarkDecorator:
    """Parametrizes a test by each way in which it is asked."""
    return pytest.mark.parametrize("how", [pytest.param(how, marks=_marks(how)) for how in hows])


def _marks(how: How) -> list[pytest.MarkDecorator]:
    """The socket and one REST form lead to the same run; what differs is tried in full by CI."""
    return [] if how == "socket" else [pytest.mark.thorough]


@dataclass
class Stage:
    """Ann's chat, its endpoint, and what is seen of both."""

    model: ModelEndpoint
    settings: Settings
    caplog: pytest.LogCaptureFixture
    do: Do
    status: int = 200
    problem: Mapping[str, Any] = field(default_factory=dict)
    retry_after: str | None = None
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def play(self, scenario: Scenario, how: How, message: str = "Hello?") -> dict[str, Any]:
        """Asks once, checks everything that the scenario says, and returns the stored reply."""
        self.caplog.set_level(logging.DEBUG)
        for name, value in scenario.settings.items():
            setattr(self.settings, name, value)
        self.model.conducts = list(scenario.conducts)
        began = time.monotonic()
        response = await self.ask(how, message)
        assert time.monotonic() - began < scenario.seconds
        reply = await self.last_reply()
        self._check_reply(scenario, how, response, reply)
        self._check_questions(scenario)
        if how != "rest" and scenario.phases is not None:
            assert [frame["phase"] for frame in self.frames if frame["type"] == "status"] == [*scenario.phases]
        for words in scenario.log:
            assert words in self.caplog.text
        if reply["metadata"]["state"] in {"error", "interrupted"}:
            assert [one for one in self.caplog.records if one.name.startswith("chat_app") and one.levelno >= 30]
        await self._check_that_nothing_leaked(scenario, reply)
        return reply

    async def ask(self, how: How, message: str = "Hello?") -> str:
        """Says something to the end of its reply, and returns the text that the client got."""
        if how == "socket":
            async with chat("Ann") as tab:
                complete = await tab.ask(message)
            self.frames = tab.seen
            assert tab.text_of(complete["reply_id"]) == complete["response"]
            return str(complete["response"])
        accept = "text/event-stream" if how == "sse" else "application/json"
        body = {"user_id": "Ann", "message": message}
        answer = await AsyncClient().post(
            "/api/chat", body, content_type="application/json", headers={"accept": accept}
        )
        self.status = answer.status_code
        if how == "rest":
            self.problem = answer.json()
            self.retry_after = answer.headers.get("Retry-After")
            return str(self.problem.get("response", ""))
        told = "".join([part.decode() async for part in answer])  # type: ignore[attr-defined]
        self.frames = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: ")]
        return str(self.frames[-1]["response"])

    async def get(self, path: str) -> Any:
        """Returns the answer of one of the calls that read Ann's chat."""
        return await AsyncClient().get(f"/api/session/Ann/{path}")

    async def last_reply(self) -> dict[str, Any]:
        """Returns the newest message of Ann's history."""
        reply: dict[str, Any] = (await self.get("history")).json()["messages"][-1]
        assert reply["role"] == "assistant"
        return reply

    def _check_reply(self, scenario: Scenario, how: How, response: str, reply: dict[str, Any]) -> None:
        told = reply["metadata"]
        assert (told["state"], reply["content"]) == (scenario.state, scenario.text)
        assert told.get("finish_reason") == scenario.finish
        assert told.get("reason") in (scenario.reason if isinstance(scenario.reason, frozenset) else {scenario.reason})
        if how == "rest":
            assert self.status == (502 if scenario.state == "error" else 200)
        if how == "rest" and scenario.state == "error":
            assert self.problem["code"] == "reply_failed"
            assert self.problem["detail"].endswith(".")
        else:
            assert response == scenario.text
        for frame in self.frames:
            if frame["type"] == "status":
                assert datetime.fromisoformat(frame["since"]).utcoffset() == timedelta(0)

    def _check_questions(self, scenario: Scenario) -> None:
        least, most = (
            scenario.questions if isinstance(scenario.questions, tuple) else (scenario.questions, scenario.questions)
        )
        assert least <= len(self.model.questions) <= most
        assert self.model.asked_elsewhere == 0
        for name, value in scenario.last.items():
            assert self.model.questions[-1].get(name, GONE) == value

    async def _check_that_nothing_leaked(self, scenario: Scenario, reply: dict[str, Any]) -> None:
        """Looks for what was told in confidence in all that anybody may see, and in what the model is asked next."""
        self.model.conducts, self.settings.LLM_BASE_URL = [says("Next.")], self.model.base_url
        async with chat("Ann") as tab:
            await tab.ask("And then?")
        asked = json.dumps(self.model.questions[-1]["messages"], ensure_ascii=False)
        if scenario.state == "done" and scenario.text:
            assert json.dumps(scenario.text, ensure_ascii=False)[1:-1] in asked
        seen = [asked, self.caplog.text, json.dumps(dict(self.problem)), json.dumps(tab.seen)]
        for path in ("history", "export?format=json", "export?format=markdown", "export?format=html"):
            answer = (await self.get(path)).content
            seen += [answer.decode()]
        for text in seen:
            for canary in (SECRET, KEY, THOUGHT):
                assert canary not in text
        for canary in (SECRET, KEY) if scenario.taken_back else (SECRET, KEY, THOUGHT):
            assert canary not in json.dumps(self.frames)
