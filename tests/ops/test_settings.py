"""What an operator may set, and what a wrong setting is told."""

from pathlib import Path

import pytest

from nono import environment
from nono.errors import ConfigurationError


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Takes away what the machine that runs the tests has set."""
    for name in environment.Environment.model_fields:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(environment, "ENV_FILE", tmp_path / "no.env")
    monkeypatch.setitem(environment.Environment.model_config, "env_file", None)


def test_without_any_setting_the_documented_defaults_hold() -> None:
    env = environment.read()

    assert not env.DEBUG
    assert env.ALLOWED_HOSTS == ("localhost", "127.0.0.1", "[::1]")
    assert (env.HOST, env.PORT) == ("127.0.0.1", 8000)
    assert (env.NONO_SESSION_TTL, env.NONO_SESSION_MAX_AGE) == (3600, 86400)
    assert (env.NONO_HISTORY_LIMIT, env.NONO_CONTEXT_MESSAGES, env.NONO_CONTEXT_CHARS) == (1000, 20, 12000)
    assert env.NONO_ACCESS == "private"
    assert env.NONO_RATE_LIMITS
    assert env.NONO_DATA_DIR == environment.PROJECT / "var"
    assert (env.REDIS_URL, env.DATABASE_URL, env.LLM_BASE_URL, env.SECRET_KEY) == (None, None, None, None)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DEBUG", "perhaps", "on or off"),
        ("ALLOWED_HOSTS", "https://chat.example.org", "host names without scheme or port"),
        ("CSRF_TRUSTED_ORIGINS", "chat.example.org", "origins such as https://chat.example.org"),
        ("HOST", "127.0.0.1:8000", "an IP address or a host name"),
        ("PORT", "99999", "a whole number from 0 (any free port) to 65535"),
        ("PORT", "http", "a whole number from 0 (any free port) to 65535"),
        ("LLM_BASE_URL", "localhost:11434", "an address such as http://127.0.0.1:11434/v1"),
        ("LLM_TIMEOUT", "0", "seconds, more than 0"),
        ("NONO_SESSION_TTL", "1h", "whole seconds from 1"),
        ("NONO_HISTORY_LIMIT", "0", "a whole number of messages from 2"),
        ("NONO_PERSONAS", "/nowhere/personas.toml", "the path of a personas file that exists"),
        ("NONO_RATE_LIMITS", "some", "on or off"),
        ("NONO_SOCKETS_PER_ADDRESS", "1", "a whole number of sockets from 2 to 100000"),
        ("NONO_SOCKETS_PER_ADDRESS", "many", "a whole number of sockets from 2 to 100000"),
        ("NONO_SOCKETS_PER_ADDRESS", "100001", "a whole number of sockets from 2 to 100000"),
        ("NONO_ACCESS", "open", "shared or private"),
        ("NONO_HELPLINE_COUNTRY", "England", "a country's two capital letters"),
        ("NONO_TRUSTED_PROXIES", "-1", "a whole number from 0 to 16"),
        ("NONO_METRICS", "prometheus", "on or off"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_must_be(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError) as refused:
        environment.read()

    assert f"{name} is '{value}': it must be {allowed}" in str(refused.value)


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("NONO_ACCESS", "y")

    with pytest.raises(ConfigurationError, match=r"(?s)PORT is 'x'.*NONO_ACCESS is 'y'"):
        environment.read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://:hunter2@store:6379"),
        ("REDIS_URL", "redis://:hunter2@store:port"),
        ("REDIS_URL", "redis://:hunter2@store/first"),
        ("DATABASE_URL", "mysql://root:hunter2@db/nono"),
        ("DATABASE_URL", "postgres://root:hunter2@db:99999/nono"),
        ("NONO_METRICS_TOKEN", "hunter2"),
    ],
)
def test_the_value_of_a_secret_is_never_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigurationError) as refused:
        environment.read()

    assert f"{name} is (not shown here): it must be " in str(refused.value)
    assert "hunter2" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_a_server_of_one_model_needs_no_name_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:11434/v1/")
    assert (environment.read().LLM_BASE_URL, environment.read().LLM_MODEL) == ("http://127.0.0.1:11434/v1", "default")

    monkeypatch.setenv("LLM_MODEL", "llama")
    assert environment.read().LLM_MODEL == "llama"


def test_postgresql_without_its_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "find_spec", lambda _name: None)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nono:hunter2@db/nono")

    with pytest.raises(ConfigurationError, match=r"pip install 'psycopg\[binary\]'") as refused:
        environment.read()

    assert "hunter2" not in str(refused.value)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("PORT", "")

    assert environment.read().REDIS_URL is None
    assert environment.read().PORT == 8000


def test_the_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nNONO_ACCESS=shared\n")
    monkeypatch.setenv("PORT", "9002")

    env = environment.read(_env_file=tmp_path / ".env")

    assert (env.PORT, env.NONO_ACCESS) == (9002, "shared")


def test_a_misspelt_variable_gets_the_nearest_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "no.env").write_text("LLM_BASEURL=http://127.0.0.1\n")
    monkeypatch.setenv("NONO_SESION_TTL", "60")
    monkeypatch.setenv("NONO_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("NONO_TEST_REQUIRE", "")

    assert list(environment.strays()) == [
        "LLM_BASEURL is not a setting of Nono. Did you mean LLM_BASE_URL?",
        "NONO_SESION_TTL is not a setting of Nono. Did you mean NONO_SESSION_TTL?",
    ]


def test_the_example_file_names_every_setting_with_its_default(tmp_path: Path) -> None:
    example = (environment.PROJECT / ".env.example").read_text()
    written = [line[1:] for line in example.splitlines() if line.startswith("#") and not line.startswith("# ")]
    (tmp_path / ".env").write_text("\n".join(written))

    assert {line.partition("=")[0] for line in written} == set(environment.Environment.model_fields)
    assert environment.read(_env_file=tmp_path / ".env") == environment.read()


def test_home_is_where_only_this_machine_can_connect_and_nobody_chose_the_access() -> None:
    assert environment.read().is_at_home
    assert not environment.read(HOST="0.0.0.0").is_at_home
    assert not environment.read(NONO_ACCESS="private").is_at_home
