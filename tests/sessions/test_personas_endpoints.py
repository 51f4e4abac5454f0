"""What a persona may say of its model, and the endpoints that a personas file names."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from nono import environment
from nono.environment import PROJECT
from nono.errors import ConfigurationError
from sessions_app import personas
from sessions_app.personas import Persona
from sessions_app.personas_endpoints import NamedEndpoint
from tests.ops.test_checks import Manage, manage
from tests.sessions.test_personas import SMALL_FILE, loaded

__all__ = ["loaded", "manage"]

MODEL = """
temperature = 0.5
model = "gpt-oss:20b"
endpoint = "fast"
top_p = 0.9
seed = -7
stop = ["END", "###"]
"""
ENDPOINTS = """
[endpoints.fast]
base_url = "https://fast.example.org/v1/?api-version=1"
key = "LLM_FAST_KEY"

[endpoints.at-home]
base_url = "http://127.0.0.1:11434/v1"
"""
WHOLE = SMALL_FILE.replace("temperature = 0.5\n", MODEL) + ENDPOINTS


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_FAST_KEY", "sk-hunter2\n")


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Path:
    """The operator's own personas file."""
    settings.NONO_PERSONAS = tmp_path / "house.toml"
    settings.NONO_PERSONAS.write_text(WHOLE, encoding="utf-8")
    return tmp_path / "house.toml"


def test_a_persona_can_have_a_model_an_endpoint_and_ways_to_be_asked(house: Path) -> None:
    persona = personas.get("default")

    assert (persona.model, persona.endpoint, persona.top_p) == ("gpt-oss:20b", "fast", 0.9)
    assert (persona.seed, persona.stop) == (-7, ("END", "###"))
    assert personas.endpoints() == {
        "fast": NamedEndpoint("fast", "https://fast.example.org/v1?api-version=1", "sk-hunter2"),
        "at-home": NamedEndpoint("at-home", "http://127.0.0.1:11434/v1", None),
    }


def test_what_a_persona_leaves_out_is_none(loaded: Any) -> None:
    persona = loaded(re.sub("temperature.*|max_tokens.*", "", SMALL_FILE))["default"]

    assert (persona.temperature, persona.max_tokens, persona.top_p, persona.seed) == (None, None, None, None)
    assert (persona.model, persona.endpoint, persona.stop) == (None, None, ())
    assert replace(persona, name="Again").stop == ()


def test_the_shipped_personas_keep_how_they_are_asked_and_have_no_endpoints(settings: Settings) -> None:
    settings.NONO_PERSONAS = None

    assert personas.endpoints() == {}
    assert all(one.temperature and one.max_tokens for one in personas.every())


def test_visitors_see_none_of_it(house: Path) -> None:
    assert set(personas.get("default").to_dict()) == {"key", "name", "role", "greeting", "starters", "colour"}


def test_a_translated_persona_keeps_its_model(loaded: Any) -> None:
    words = (
        '\n[default.words.de]\nname = "Helfer"\nrole = "Hilft"\ngreeting = "Hallo."\nstarters = ["1?", "2?", "3?"]\n'
    )

    told: Persona = loaded(WHOLE + words)["default"].in_language("de")

    assert (told.name, told.model, told.endpoint, told.stop) == ("Helfer", "gpt-oss:20b", "fast", ("END", "###"))


def test_neither_key_nor_address_is_in_what_is_printed_of_an_endpoint(house: Path) -> None:
    assert repr(personas.endpoints()["fast"]) == "NamedEndpoint(name='fast')"


def test_nobody_changes_the_endpoints(house: Path) -> None:
    with pytest.raises(TypeError):
        personas.endpoints()["fast"] = NamedEndpoint("fast", "http://other/v1")  # type: ignore[index]


def test_a_key_is_read_from_the_env_file_and_the_environment_wins(
    loaded: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / ".env").write_text("FILE_KEY='from-file'\nLLM_FAST_KEY=not-this-one\nEMPTY_KEY=from-file-too\n")
    monkeypatch.setattr(environment, "ENV_FILE", tmp_path / ".env")
    monkeypatch.setenv("EMPTY_KEY", "")
    settings.NONO_PERSONAS = tmp_path / "three.toml"
    more = "".join(
        f'\n[endpoints.{name}]\nbase_url = "http://h/v1"\nkey = "{name}"\n' for name in ("FILE_KEY", "EMPTY_KEY")
    )
    settings.NONO_PERSONAS.write_text(WHOLE + more)

    keys = {name: one.api_key for name, one in personas.endpoints().items()}

    assert keys == {"fast": "sk-hunter2", "at-home": None, "FILE_KEY": "from-file", "EMPTY_KEY": "from-file-too"}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("temperature = 0.5", "temperature = nan", ["field temperature: nan", "finite"]),
        ("top_p = 0.9", "top_p = 0", ["field top_p: 0", "greater than 0"]),
        ("top_p = 0.9", "top_p = 1.01", ["field top_p: 1.01", "less than or equal to 1"]),
        ("top_p = 0.9", "top_p = inf", ["field top_p: inf", "finite"]),
        ("top_p = 0.9", 'top_p = "1"', ["field top_p: '1'", "number"]),
        ("seed = -7", "seed = 1.5", ["field seed: 1.5", "integer"]),
        ("seed = -7", "seed = true", ["field seed: True", "integer"]),
        ("seed = -7", "seed = 9223372036854775808", ["field seed: 9223372036854775808", "less than"]),
        ('["END", "###"]', "[]", ["field stop: []", "allowed: 1 to 4 texts"]),
        ('["END", "###"]', '["a", "b", "c", "d", "e"]', ["field stop", "at most 4"]),
        ('["END", "###"]', '[""]', ["field stop[0]: ''", "at least 1 character"]),
        ('["END", "###"]', f'["{"x" * 65}"]', ["field stop[0]", "at most 64 characters"]),
        ('["END", "###"]', '"END"', ["field stop: 'END'", "tuple"]),
        ('["END", "###"]', "[7]", ["field stop[0]: 7", "string"]),
        ('model = "gpt-oss:20b"', 'model = " "', ["field model: ' '", "allowed: at most 200 printable characters"]),
        ('model = "gpt-oss:20b"', 'model = "a\\u0007"', ["field model", "printable"]),
        ('model = "gpt-oss:20b"', "model = 7", ["field model: 7", "string"]),
        ('endpoint = "fast"', 'endpoint = "slow"', ["no endpoint 'slow'", "the file has: fast, at-home."]),
        ('endpoint = "fast"', 'endpoint = ""', ["no endpoint ''", "the file has: fast, at-home."]),
        ('endpoint = "fast"', "endpoint = 7", ["field endpoint: 7", "string"]),
    ],
)
def test_a_mistake_in_a_persona_is_named_with_its_place_and_what_is_allowed(
    loaded: Any, right: str, wrong: str, said: list[str]
) -> None:
    assert loaded(WHOLE)
    assert right in WHOLE
    with pytest.raises(ConfigurationError) as refused:
        loaded(WHOLE.replace(right, wrong, 1))
    for words in (".toml", 'persona "default"', *said):
        assert words in refused.value.detail


def test_an_endpoint_in_a_file_without_any_is_refused(loaded: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no endpoint 'fast'; the file has: none\."):
        loaded(WHOLE.replace(ENDPOINTS, ""))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("https://fast", "ftp://fast", ["base_url: 'ftp://fast.example.org/v1/': it must be an address such as"]),
        ("https://fast", "https://me:hunter2@fast", ["base_url: 'https://fast", "the key in the variable that"]),
        ("/v1/?", "/v1/chat/completions?", ["base_url: 'https://fast", "leave /chat/completions off"]),
        ('"https://fast.example.org/v1/?api-version=1"', "7", ["base_url: (not shown here)", "string"]),
        ("base_url = ", "url = ", ["field url: there is no such field; allowed: base_url, key"]),
        ("base_url = ", 'api_key = "hunter2"\nbase_url = ', ["field api_key: there is no such field"]),
        ('base_url = "https://fast.example.org/v1/?api-version=1"', "", ["field base_url: missing"]),
        ('"LLM_FAST_KEY"', '"sk-hunter2"', ["field key: (not shown here): it must be the name of a variable"]),
        ('"LLM_FAST_KEY"', '"hunter2"', ["field key: (not shown here): it must be the name of a variable"]),
        ('"LLM_FAST_KEY"', '""', ["field key: (not shown here): it must be the name of a variable"]),
        ('"LLM_FAST_KEY"', "7", ["field key: (not shown here)", "string"]),
        ('"LLM_FAST_KEY"', '"SECRET_KEY"', ["field key: SECRET_KEY is another setting of Nono"]),
        ('"LLM_FAST_KEY"', '"LLM_NO_SUCH_KEY"', ["the variable LLM_NO_SUCH_KEY is not set; it must hold"]),
        ('"LLM_FAST_KEY"', '"BLANK_KEY"', ["the variable BLANK_KEY is not set; it must hold"]),
        (
            '"LLM_FAST_KEY"',
            '"BAD_KEY"',
            ["the variable BAD_KEY is (not shown here): it must be a key: printable ASCII"],
        ),
        ("[endpoints.fast]", '[endpoints."fast one"]', ["the endpoint name 'fast one' must be 1 to 32 letters"]),
        ("[endpoints.fast]", "[[endpoints.fast]]", ['"endpoints" holds one table per endpoint']),
        (
            "[endpoints.fast]",
            "[endpoints]",
            ['"endpoints" holds one table per endpoint', "no persona can be called so"],
        ),
    ],
)
def test_a_mistake_in_an_endpoint_is_named_without_its_secrets(
    loaded: Any, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, said: list[str]
) -> None:
    monkeypatch.setenv("BLANK_KEY", " \n")
    monkeypatch.setenv("BAD_KEY", "Bearer hunter2")
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    assert loaded(WHOLE)
    assert right in WHOLE
    with pytest.raises(ConfigurationError) as refused:
        loaded(WHOLE.replace(right, wrong, 1))
    for words in (".toml", *said):
        assert words in refused.value.detail
    assert "hunter2" not in refused.value.detail
    assert refused.value.__cause__ is None


def test_a_persona_cannot_be_called_endpoints(loaded: Any) -> None:
    table = SMALL_FILE[SMALL_FILE.index("[default]") : SMALL_FILE.index("[[shared")].replace("default", "endpoints")

    with pytest.raises(ConfigurationError, match="no persona can be called so"):
        loaded(SMALL_FILE + table)


def test_the_key_of_llm_base_url_may_serve_an_endpoint_too(
    loaded: Any, monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    monkeypatch.setenv("LLM_API_KEY", "sk-both")
    house.write_text(WHOLE.replace("LLM_FAST_KEY", "LLM_API_KEY"))

    assert personas.endpoints()["fast"].api_key == "sk-both"


def test_the_variable_of_a_key_is_no_stray_where_the_personas_file_names_it(
    monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    monkeypatch.delenv("NONO_PERSONAS", raising=False)
    assert [one for one in environment.strays() if "LLM_FAST_KEY" in one]

    monkeypatch.setenv("NONO_PERSONAS", str(house))
    monkeypatch.setenv("LLM_FAST_KEI", "x")
    assert [one.partition(" ")[0] for one in environment.strays()] == ["LLM_FAST_KEI"]


@pytest.mark.parametrize("text", ["[", "endpoints = 7", "[endpoints]\na = 7", "[endpoints.a]\nkey = 7", "\xff"])
def test_a_broken_personas_file_names_no_keys(text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text(text, encoding="latin-1")
    monkeypatch.setenv("NONO_PERSONAS", str(tmp_path / "broken.toml"))

    assert [one.partition(" ")[0] for one in environment.strays()] == ["LLM_FAST_KEY"]


@pytest.mark.slow
def test_every_program_says_it_in_place_of_a_traceback(manage: Manage, house: Path, tmp_path: Path) -> None:
    variables = {"NONO_PERSONAS": str(house), "NONO_DATA_DIR": str(tmp_path / "data"), "PORT": "0"}

    checked = manage("check", **variables, LLM_FAST_KEY="")
    served = subprocess.run(
        [sys.executable, "-m", "nono.server"],
        cwd=PROJECT,
        env={**os.environ, **variables, "LLM_FAST_KEY": ""},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    for refused in (checked, served):
        assert refused.returncode == 1
        assert f'{house}: endpoint "fast": the variable LLM_FAST_KEY is not set; it must hold' in refused.stderr
        assert "Traceback" not in refused.stderr
    assert "no issues" in manage("check", **variables).stdout
