"""Models whose template knows no system role: the instructions are folded into the first turn of the user."""

from tests.responders.refusals import WITHOUT_SYSTEM, flat, gemini, llama_cpp, openai, roles_are
from tests.responders.scenarios import How, Scenario, Stage, cases
from tests.support.scripted_endpoint import Conduct, refuses_unless, says
from tests.support.sockets import chat

NO_SYSTEM = "System role not supported"


def without_system(refusal: Conduct) -> Scenario:
    return Scenario([refuses_unless(roles_are("user", "assistant"), refusal)], questions=2)


FOLDED = {
    "o1: system": without_system(WITHOUT_SYSTEM),
    "vLLM's template: system": without_system(flat(NO_SYSTEM)),
    "vLLM's later form: system": without_system(openai(NO_SYSTEM, type="BadRequestError", code=400)),
    "llama.cpp's template, a 500: system": without_system(
        llama_cpp(f"Jinja Exception: {NO_SYSTEM}", status=500, type="server_error")
    ),
    "a template that wants turns": without_system(
        flat("Conversation roles must alternate user/assistant/user/assistant/...")
    ),
    "Gemma at Google: system": without_system(gemini("Developer instruction is not enabled for models/gemma-3")),
}


@cases(FOLDED)
async def test_a_model_without_a_system_role_answers(scenario: Scenario, how: How, stage: Stage) -> None:
    await stage.play(scenario, how)


async def test_the_instructions_are_folded_into_the_first_turn(stage: Stage) -> None:
    await stage.play(without_system(flat(NO_SYSTEM)), "socket")
    first, second = stage.model.questions[:2]
    system, hello = (message["content"] for message in first["messages"])
    (folded,) = second["messages"]
    assert folded["role"] == "user"
    assert folded["content"].startswith(system)
    assert folded["content"].endswith(hello)


async def test_later_turns_are_folded_too(stage: Stage) -> None:
    stage.model.conducts = [refuses_unless(roles_are("user", "assistant"), flat(NO_SYSTEM), says("Hi."))]
    async with chat("Ann") as tab:
        for _ in range(3):
            assert (await tab.ask())["state"] == "done"
    last = stage.model.questions[-1]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "user", "assistant", "user"]
    assert len(stage.model.questions) == 4
    assert last[-1]["content"] == "Hello?"
