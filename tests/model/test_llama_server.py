"""Whole conversations with llama.cpp's own server: what it refuses, what it keeps waiting for, how it reasons."""

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from chat_app.responders import model_answers
from tests.conftest import Do
from tests.model.servers import llama_cpp, write_model
from tests.support.scripted_endpoint import KEY
from tests.support.sockets import Tab, chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

MESSAGES = "{% for message in messages %}{{ message.role + ': ' + message.content + '\\n' }}{% endfor %}"
ANSWER = "{% if add_generation_prompt %}assistant:{% endif %}"
TEMPLATES = {
    "the model opens the thought in its text": MESSAGES + ANSWER,
    "the template opens it, so that the text only closes it": MESSAGES
    + ANSWER.replace("assistant:", "assistant:<think>"),
    "llama.cpp puts it in a field of its own": (
        "{% for message in messages %}{% if message.role == 'assistant' and message.reasoning_content %}"
        "{{ 'assistant:<think>' + message.reasoning_content + '</think>' + message.content + '\\n' }}{% else %}"
        "{{ message.role + ': ' + message.content + '\\n' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant:' }}{% if enable_thinking is defined and not enable_thinking %}"
        "{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}"
    ),
}
STRICT = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{{ message.role + ': ' + message.content + '\\n' }}{% endfor %}" + ANSWER
)


def ask(settings: Settings, base_url: str, **others: Any) -> None:
    """Lets the model at ``base_url`` answer."""
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = base_url, "tiny", KEY
    for name, value in others.items():
        setattr(settings, name, value)


def shown(tab: Tab, reply_id: str) -> str:
    """The text of a reply on the page: what came after its last start, for that takes back what was shown before."""
    starts = [at for at, frame in enumerate(tab.seen) if frame["type"] == "start" and frame["reply_id"] == reply_id]
    chunks = [frame for frame in tab.seen[starts[-1] :] if frame["type"] == "chunk"]
    return "".join(frame["content"] for frame in chunks if frame["reply_id"] == reply_id)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
async def test_a_conversation_with_a_model_that_thinks_holds_its_answers_alone(
    template: str, thinks: Path, tmp_path: Path, do: Do, settings: Settings
) -> None:
    (tmp_path / "template").write_text(template)
    with llama_cpp(thinks, template=tmp_path / "template") as base_url:
        ask(settings, base_url)
        async with chat("Ann") as tab:
            for _ in range(4):
                complete = await tab.ask("What are one and three?")
                assert complete["state"] == "done"
                assert complete["response"].strip() == "It is four."
                assert complete["message"]["metadata"]["finish_reason"] == "stop"
                assert shown(tab, complete["reply_id"]).strip() == "It is four."
        async with chat("Ann") as another:
            welcome = await another.expect("welcome")
    said = [message["content"].strip() for message in welcome["messages"]]
    assert said == ["What are one and three?", "It is four."] * 4
    assert "added" not in str(welcome)


async def test_the_thought_is_kept_where_the_installation_shows_it(
    thinks: Path, tmp_path: Path, do: Do, settings: Settings
) -> None:
    (tmp_path / "template").write_text(TEMPLATES["llama.cpp puts it in a field of its own"])
    with llama_cpp(thinks, template=tmp_path / "template") as base_url:
        ask(settings, base_url, NONO_SHOW_REASONING=True)
        async with chat("Ann") as tab:
            complete = await tab.ask()
    assert complete["message"]["metadata"]["reasoning"].strip() == "one and three are added"
    assert "added" not in complete["response"]


async def test_a_thought_that_takes_all_tokens_is_an_error_that_says_so(
    thinks: Path, tmp_path: Path, do: Do, settings: Settings
) -> None:
    (tmp_path / "template").write_text(TEMPLATES["llama.cpp puts it in a field of its own"])
    with llama_cpp(thinks, template=tmp_path / "template") as base_url:
        ask(settings, base_url, LLM_EXTRA_BODY={"max_tokens": 3})
        async with chat("Ann") as tab:
            complete = await tab.ask()
    assert complete["state"] == "error"
    assert complete["message"]["metadata"]["finish_reason"] == "length"


async def test_a_conversation_goes_on_past_the_context_of_llama_cpp(talks: Path, do: Do, settings: Settings) -> None:
    with llama_cpp(talks, context=8192) as base_url:
        ask(settings, base_url, LLM_EXTRA_BODY={"max_tokens": 40}, NONO_CONTEXT_CHARS=100_000)
        async with chat("Ann") as tab:
            # A token is one byte here, so that the third question is too much.
            replies = [await tab.ask(f"{number} " + "word " * 600) for number in range(4)]
    assert [reply["state"] for reply in replies] == ["done"] * 4
    first_read = [reply["message"]["metadata"]["context_from"] for reply in replies]
    assert first_read[0] == 1
    assert first_read[3] > 1
    assert first_read == sorted(first_read)


async def test_a_message_longer_than_the_context_is_refused_with_that_reason(
    talks: Path, do: Do, settings: Settings
) -> None:
    with llama_cpp(talks, context=512) as base_url:
        ask(settings, base_url)
        async with chat("Ann") as tab:
            complete = await tab.ask("word " * 600)
    assert complete["state"] == "error"
    assert complete["message"]["metadata"]["reason"] == "context"


async def test_an_answer_that_fills_the_context_is_cut_at_the_length_limit(
    talks: Path, do: Do, settings: Settings
) -> None:
    with llama_cpp(talks, context=4096) as base_url:
        ask(settings, base_url, LLM_EXTRA_BODY={"max_tokens": 10_000})
        async with chat("Ann") as tab:
            complete = await tab.ask()
    assert complete["state"] == "done"
    assert complete["message"]["metadata"]["finish_reason"] == "length"


async def test_a_reply_cut_at_the_length_limit_is_continued(configured: Settings) -> None:
    configured.LLM_EXTRA_BODY = {"max_tokens": 20}
    async with chat("Ann") as tab:
        cut = await tab.ask()
        await tab.send(type="continue")
        rest = await tab.expect("complete")
    assert cut["message"]["metadata"]["finish_reason"] == "length"
    assert rest["state"] == "done"
    assert rest["message"]["metadata"]["continues"] is True
    assert rest["message"]["metadata"]["in_reply_to"] == cut["message"]["seq"]


async def test_a_template_that_knows_no_system_role_and_strict_turns_is_answered(
    thinks: Path, tmp_path: Path, do: Do, settings: Settings
) -> None:
    (tmp_path / "template").write_text(STRICT)
    with llama_cpp(thinks, template=tmp_path / "template") as base_url:
        ask(settings, base_url)
        async with chat("Ann") as tab:
            replies = [await tab.ask(), await tab.ask()]
    assert [reply["state"] for reply in replies] == ["done"] * 2


async def test_a_stopped_reply_keeps_its_text_and_llama_cpp_takes_the_next_question(configured: Settings) -> None:
    configured.LLM_EXTRA_BODY = {"max_tokens": 7000}
    async with chat("Ann") as tab:
        await tab.send(text="Tell me a long story.")
        await tab.expect("chunk")
        await tab.send(type="stop")
        stopped = await tab.expect("complete")
        assert stopped["state"] == "stopped"
        assert stopped["response"]
        configured.LLM_EXTRA_BODY = {"max_tokens": 10}
        assert (await tab.ask())["state"] == "done"


async def test_llama_cpp_answers_whatever_the_name_of_the_model_is(configured: Settings) -> None:
    configured.LLM_MODEL = "no-such-model"
    assert await model_answers() is False  # it is not in the list of models
    async with chat("Ann") as tab:
        assert (await tab.ask())["state"] == "done"
    assert await model_answers()


async def test_a_wrong_key_is_a_failed_reply_with_that_reason(configured: Settings) -> None:
    configured.LLM_API_KEY = "sk-another-key"
    assert await model_answers() is False
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert complete["state"] == "error"
    assert complete["message"]["metadata"]["reason"] == "key"
    assert "sk-another-key" not in str(tab.seen)


async def test_nothing_that_listens_is_a_failed_reply_with_that_reason(talks: Path, do: Do, settings: Settings) -> None:
    with llama_cpp(talks) as base_url:
        ask(settings, base_url)
    async with chat("Ann") as tab:
        complete = await tab.ask()
    assert complete["state"] == "error"
    assert complete["message"]["metadata"]["reason"] == "unreachable"
    assert await model_answers() is False


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Lets nobody else open the file until the end: whoever tries waits."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # the kernel says that somebody waits
    file = os.open(path, os.O_RDWR)
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    try:
        yield
    finally:
        os.close(file)
        signal.signal(signal.SIGIO, before)


@pytest.mark.skipif(sys.platform != "linux", reason="a lease of a file holds the model back, which Linux alone has")
async def test_a_model_that_loads_is_waited_for_and_the_page_is_told(
    tmp_path: Path, do: Do, settings: Settings
) -> None:
    model = write_model(tmp_path / "model.gguf", "talks")
    with ExitStack() as lease:
        lease.enter_context(held(model))
        with llama_cpp(model, answers=(503,)) as base_url:
            ask(settings, base_url)
            assert await model_answers() is False
            async with chat("Ann") as tab:
                await tab.send(text="Hello?")
                status = await tab.expect("status", "complete")
                assert status.get("phase") == "loading"
                lease.close()
                complete = await tab.expect("complete")
            assert await model_answers()
    assert complete["state"] == "done"
    assert complete["response"]
