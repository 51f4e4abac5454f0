"""Whole conversations with the LiteLLM proxy: its mock responses, and an endpoint of ours behind it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import pytest
from aiohttp import web
from pytest_django.fixtures import Settings

from chat_app.responders import model_answers
from tests.conftest import Do
from tests.model.servers import free_port, litellm
from tests.support.scripted_endpoint import DONE, ENDING, KEY, Conduct, ModelEndpoint, event, piece, says, sends
from tests.support.sockets import chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

MOCKED = "A mocked answer of several words."
UPSTREAM_KEY = "sk-of-the-provider"


@dataclass(frozen=True)
class Proxy:
    """A running LiteLLM proxy, and the port where the endpoint behind it listens in a test."""

    base_url: str
    behind: int


class Behind(ModelEndpoint):
    """The endpoint behind the proxy."""

    def __init__(self, proxy: Proxy, *conducts: Conduct) -> None:
        super().__init__(*conducts)
        self._port = proxy.behind

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        return self


def refuses_with(status: int, **error: Any) -> Conduct:
    """Refuses as a provider does."""

    async def conduct(request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"type": "invalid_request_error", "param": None, **error}}, status=status)

    return conduct


CONTEXT = refuses_with(
    400,
    message="This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    param="messages",
    code="context_length_exceeded",
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder, behind = tmp_path_factory.mktemp("litellm"), free_port()
    upstream = {"api_base": f"http://127.0.0.1:{behind}/v1", "api_key": UPSTREAM_KEY}
    models = {
        "mocked": {"model": "openai/mocked", "api_key": "none", "mock_response": MOCKED},
        "relayed": {"model": "openai/tiny", **upstream},
        "gpt-5": {"model": "openai/gpt-5", **upstream},
    }
    config = folder / "config.yaml"  # JSON is YAML, too
    config.write_text(
        json.dumps(
            {
                "model_list": [{"model_name": name, "litellm_params": given} for name, given in models.items()],
                "litellm_settings": {"telemetry": False, "num_retries": 0},
                "router_settings": {"num_retries": 0, "disable_cooldowns": True},
                "general_settings": {"master_key": KEY},
            }
        )
    )
    with litellm(config) as base_url:
        yield Proxy(base_url, behind)


Configure = Callable[[str], None]


@pytest.fixture
def use(proxy: Proxy, do: Do, settings: Settings) -> Configure:
    """Lets one of the proxy's models answer."""

    def choose(model: str) -> None:
        settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = proxy.base_url, model, KEY

    return choose


def metadata(complete: dict[str, Any]) -> dict[str, Any]:
    return dict(complete["message"]["metadata"])


async def test_a_conversation_of_mock_responses(use: Configure) -> None:
    use("mocked")
    async with chat("Ann") as tab:
        replies = [await tab.ask(f"Question {number}?") for number in range(4)]
        assert [reply["response"] for reply in replies] == [MOCKED] * 4
        assert {metadata(reply)["finish_reason"] for reply in replies} == {"stop"}
        assert tab.text_of(replies[-1]["reply_id"]) == MOCKED
    async with chat("Ann") as another:
        welcome = await another.expect("welcome")
    assert [message["role"] for message in welcome["messages"]] == ["user", "assistant"] * 4


async def test_a_conversation_through_the_proxy_reaches_the_endpoint_as_nono_says_it(
    use: Configure, proxy: Proxy
) -> None:
    use("relayed")
    async with Behind(proxy, says("It is ", "four.")) as endpoint, chat("Ann") as tab:
        await tab.ask("What are one and three?")
        complete = await tab.ask("Really, Jürgen 😀?")
    assert complete["response"] == "It is four."
    assert endpoint.keys == [f"Bearer {UPSTREAM_KEY}"] * 2
    assert [message["role"] for message in endpoint.questions[1]["messages"]] == [
        "system",
        *["user", "assistant"],
        "user",
    ]
    assert [message["content"] for message in endpoint.questions[1]["messages"][1:]] == [
        "What are one and three?",
        "It is four.",
        "Really, Jürgen 😀?",
    ]


async def test_a_conversation_that_runs_over_the_context_goes_on_without_its_oldest_turns(
    use: Configure, proxy: Proxy
) -> None:
    use("relayed")
    told = says("Yes.")
    async with Behind(proxy, told, told, CONTEXT, told) as endpoint, chat("Ann") as tab:
        replies = [await tab.ask(f"{number} " + "word " * 300) for number in range(3)]
    assert [reply["state"] for reply in replies] == ["done"] * 3
    assert len(endpoint.questions) == 4
    refused, answered = (json.dumps(question["messages"]) for question in endpoint.questions[2:])
    assert "0 word" in refused
    assert "0 word" not in answered
    assert "2 word" in answered
    assert metadata(replies[2])["context_from"] > metadata(replies[1])["context_from"]


async def test_a_message_that_never_fits_is_a_failed_reply_with_that_reason(use: Configure, proxy: Proxy) -> None:
    use("relayed")
    async with Behind(proxy, CONTEXT), chat("Ann") as tab:
        complete = await tab.ask()
    assert complete["state"] == "error"
    assert metadata(complete)["reason"] == "context"


async def test_a_stop_reaches_the_endpoint_behind_the_proxy(use: Configure, proxy: Proxy) -> None:
    use("relayed")
    async with Behind(proxy, says(*["word "] * 500, pause=0.1)) as endpoint, chat("Ann") as tab:
        await tab.send(text="Tell me a long story.")
        await tab.expect("chunk")
        await tab.send(type="stop")
        complete = await tab.expect("complete")
        await asyncio.wait_for(endpoint.hung_up.get(), 20)
    assert complete["state"] == "stopped"
    assert complete["response"].startswith("word")


async def test_an_unknown_model_is_a_failed_reply_with_that_reason(use: Configure) -> None:
    use("no-such-model")
    assert await model_answers() is False
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert complete["state"] == "error"
    assert metadata(complete)["reason"] == "model"


async def test_a_wrong_key_of_the_proxy_is_a_failed_reply_with_that_reason(use: Configure, settings: Settings) -> None:
    use("mocked")
    settings.LLM_API_KEY = "sk-another-key"
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert complete["state"] == "error"
    assert metadata(complete)["reason"] == "key"
    assert "sk-another-key" not in str(tab.seen)
    assert await model_answers() is False


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (refuses_with(401, message="Incorrect API key provided.", code="invalid_api_key"), "key"),
        (refuses_with(404, message="The model `tiny` does not exist.", code="model_not_found"), "model"),
        (refuses_with(429, message="You exceeded your current quota.", code="insufficient_quota"), "quota"),
        (refuses_with(400, message="Filtered due to our content management policy.", code="content_filter"), "policy"),
    ],
    ids=["key", "model", "quota", "policy"],
)
async def test_a_refusal_behind_the_proxy_keeps_its_reason(
    use: Configure, proxy: Proxy, refusal: Conduct, reason: str
) -> None:
    use("relayed")
    async with Behind(proxy, refusal), chat("Ann") as tab:
        complete = await tab.ask()
    assert complete["state"] == "error"
    assert metadata(complete)["reason"] == reason


async def test_a_parameter_that_the_proxy_refuses_is_left_out_and_stays_out(use: Configure, proxy: Proxy) -> None:
    use("gpt-5")  # LiteLLM knows that it takes no temperature, and says so without a name of the parameter
    async with Behind(proxy, says("Yes.")) as endpoint, chat("Ann") as tab:
        replies = [await tab.ask(), await tab.ask()]
    assert [reply["response"] for reply in replies] == ["Yes."] * 2
    assert all("temperature" not in question for question in endpoint.questions)


async def test_a_parameter_refused_behind_the_proxy_is_named_anew(use: Configure, proxy: Proxy) -> None:
    use("relayed")
    refusal = refuses_with(
        400,
        message="Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        param="max_tokens",
        code="unsupported_parameter",
    )
    async with Behind(proxy, refusal, says("Yes.")) as endpoint, chat("Ann") as tab:
        replies = [await tab.ask(), await tab.ask()]
    assert [reply["response"] for reply in replies] == ["Yes."] * 2
    assert ["max_tokens" in question for question in endpoint.questions] == [True, False, False]
    assert endpoint.questions[1]["max_completion_tokens"] == endpoint.questions[0]["max_tokens"]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_reasoning_behind_the_proxy_is_no_part_of_the_answer(use: Configure, proxy: Proxy, field: str) -> None:
    use("relayed")
    thought = event({"choices": [{"index": 0, "delta": {field: "One and three are added."}}]})
    async with Behind(proxy, sends(thought, thought, piece("Four."), *ENDING)), chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("done", "Four.")
    assert [frame["phase"] for frame in tab.seen if frame["type"] == "status"] == ["thinking"]
    assert "added" not in str(tab.seen)


async def test_a_thought_in_tags_behind_the_proxy_is_no_part_of_the_answer(use: Configure, proxy: Proxy) -> None:
    use("relayed")
    pieces = ["<thi", "nk>One and three are ", "added.</th", "ink>Fo", "ur."]
    async with Behind(proxy, says(*pieces)), chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("done", "Four.")
    assert "added" not in str(tab.seen)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
async def test_why_a_reply_ended_is_kept_through_the_proxy(use: Configure, proxy: Proxy, reason: str) -> None:
    use("relayed")
    async with Behind(proxy, sends(piece("Four"), piece(None, finish=reason), DONE)), chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("done", "Four")
    assert metadata(complete)["finish_reason"] == reason


async def test_a_stream_that_breaks_behind_the_proxy_is_no_whole_reply(use: Configure, proxy: Proxy) -> None:
    use("relayed")
    broken = event({"error": {"message": "It broke.", "type": "server_error", "code": 500}})
    async with Behind(proxy, sends(piece("Four"), broken)), chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("error", "Four")


async def test_a_model_that_loads_behind_the_proxy_is_waited_for(use: Configure, proxy: Proxy) -> None:
    use("relayed")
    loading = refuses_with(503, message="Loading model", type="unavailable_error", code=503)
    async with Behind(proxy, loading, says("Yes.")), chat("Ann") as tab:
        complete = await tab.ask()
    assert (complete["state"], complete["response"]) == ("done", "Yes.")
    assert [frame["phase"] for frame in tab.seen if frame["type"] == "status"] == ["loading"]


async def test_health_is_told_by_the_proxy(use: Configure) -> None:
    use("mocked")
    assert await model_answers()
