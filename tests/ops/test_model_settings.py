"""The settings of a model: each works, then each refusal by name, and none that shows a secret."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp.helpers import BasicAuth
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from nono import environment, model_settings, url_validators
from nono.environment import PROJECT, Environment
from nono.errors import ConfigurationError
from tests.ops.test_checks import Manage, manage
from tests.ops.test_settings import nothing_set
from tests.support.proxy import _make_certificate

__all__ = ["manage", "nothing_set"]

HEADERS = 'it must be a JSON object of names and texts such as {"api-key": "…"}; '
BODY = 'it must be a JSON object such as {"top_p": 0.9, "temperature": null}; '
SECONDS = "it must be seconds, more than 0 and at most 86400 (a day)."
A_BASE_URL = "it must be an address such as http://127.0.0.1:11434/v1"
A_PROXY = "it must be an address such as http://proxy.example.org:3128, perhaps with user:password@"

NESTED = "[" * 40 + "]" * 40


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        environment.read()
    assert str(refused.value).startswith("Nono cannot start with these settings:\n  ")
    assert refused.value.__cause__ is None
    assert "hunter2" not in str(refused.value)
    return str(refused.value)


def test_without_any_setting_a_slow_model_has_an_hour_and_five_minutes_to_begin() -> None:
    env = environment.read()

    assert (env.LLM_TIMEOUT, env.LLM_FIRST_BYTE_TIMEOUT, env.LLM_SILENCE_TIMEOUT) == (3600, 300, 60)
    assert (env.LLM_EXTRA_HEADERS, env.LLM_EXTRA_BODY, env.LLM_PROXY, env.LLM_CA_FILE) == ({}, {}, None, None)
    assert (env.LLM_API_KEY, env.LLM_MODEL, env.NONO_SHOW_REASONING) == (None, "default", False)


def test_all_of_them_reach_the_settings_of_django(tmp_path: Path) -> None:
    _make_certificate(tmp_path)
    variables = {
        "LLM_BASE_URL": "https://x.example.org/v1/?api-version=1",
        "LLM_MODEL": " a model ",
        "LLM_API_KEY": "sk-1\n",
        "LLM_TIMEOUT": "50.5",
        "LLM_SILENCE_TIMEOUT": "7",
        "LLM_EXTRA_HEADERS": '{"X-Title": "Nono"}',
        "LLM_EXTRA_BODY": '{"top_p": 0.5, "temperature": null}',
        "LLM_PROXY": "http://proxy:3128/",
        "LLM_CA_FILE": str(tmp_path / "fullchain.pem"),
        "NONO_SHOW_REASONING": "on",
    }
    names = [*variables, "LLM_FIRST_BYTE_TIMEOUT"]
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, sys; from nono import settings;"
            "print(json.dumps([getattr(settings, name) for name in sys.argv[1:]], default=str))",
            *names,
        ],
        env={**os.environ, **variables},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert dict(zip(names, json.loads(told.stdout), strict=True)) == variables | {
        "LLM_BASE_URL": "https://x.example.org/v1?api-version=1",
        "LLM_MODEL": "a model",
        "LLM_API_KEY": "sk-1",
        "LLM_TIMEOUT": 50.5,
        "LLM_FIRST_BYTE_TIMEOUT": 50.5,  # what nobody set is bounded by the whole
        "LLM_SILENCE_TIMEOUT": 7,
        "LLM_EXTRA_HEADERS": {"X-Title": "Nono"},
        "LLM_EXTRA_BODY": {"top_p": 0.5, "temperature": None},
        "LLM_PROXY": "http://proxy:3128",
        "NONO_SHOW_REASONING": True,
    }


@pytest.mark.parametrize("name", ["LLM_TIMEOUT", "LLM_FIRST_BYTE_TIMEOUT", "LLM_SILENCE_TIMEOUT"])
@pytest.mark.parametrize("value", ["0", "-1", "86400.5", "nan", "inf", "-inf", "1e999", "1m", "None", " "])
def test_a_time_is_finite_and_at_most_a_day(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"{name} is {value!r}: {SECONDS}" in refusal(monkeypatch, **{name: value})


def test_a_part_of_the_time_may_be_as_long_as_the_whole_and_not_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_TIMEOUT", "86400")
    monkeypatch.setenv("LLM_FIRST_BYTE_TIMEOUT", "86400")
    monkeypatch.setenv("LLM_SILENCE_TIMEOUT", "0.5")
    env = environment.read()
    assert (env.LLM_TIMEOUT, env.LLM_FIRST_BYTE_TIMEOUT, env.LLM_SILENCE_TIMEOUT) == (86400, 86400, 0.5)

    said = refusal(monkeypatch, LLM_TIMEOUT="30", LLM_FIRST_BYTE_TIMEOUT="300", LLM_SILENCE_TIMEOUT="30.5")

    assert "\n  LLM_FIRST_BYTE_TIMEOUT is 300: it must be at most LLM_TIMEOUT, which is 30." in said
    assert "\n  LLM_SILENCE_TIMEOUT is 30.5: it must be at most LLM_TIMEOUT, which is 30." in said


def test_a_part_over_the_default_of_the_whole_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "at most LLM_TIMEOUT, which is 3600." in refusal(monkeypatch, LLM_FIRST_BYTE_TIMEOUT="4000")


@pytest.mark.parametrize(("written", "used"), [("sk-abc\n", "sk-abc"), ("\t k \r\n", "k"), ("!~", "!~")])
def test_a_key_comes_without_the_space_of_its_file(written: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", written)

    key = environment.read().LLM_API_KEY

    assert key is not None
    assert key.get_secret_value() == used
    assert f"{used}'" not in repr(environment.read())


@pytest.mark.parametrize("blank", ["", " ", "\n", "\t\r\n "])
def test_a_blank_key_is_none(blank: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", blank)
    assert environment.read().LLM_API_KEY is None


@pytest.mark.parametrize(
    "value",
    [
        "Bearer hunter2",
        "hunter2\nX-Evil: 1",
        "hunter2\x00"[:-1] + "\x01",
        "hünter2hunter2",
        "\ufeffhunter2",
        "hunter2\x7f",
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_unseen(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, LLM_API_KEY=value)

    assert "LLM_API_KEY is (not shown here): it must be a key: printable ASCII characters without spaces." in said
    assert value not in said


@given(st.text(max_size=30))
def test_a_key_that_is_accepted_can_stand_in_a_header(text: str) -> None:
    try:
        key = model_settings.api_key(text)
    except ValueError:
        assert re.search(r"[^!-~]", text.strip())
    else:
        assert key is None or (key.isascii() and key.isprintable() and " " not in key)
        assert (key or "") == text.strip()


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1"),
        ("  https://api.example.org/v1//\n", "https://api.example.org/v1"),
        ("HTTPS://Api.example.org", "https://Api.example.org"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("http://model_server:8000/v1?", "http://model_server:8000/v1"),
        (
            "https://x.openai.azure.com/openai/deployments/gpt/?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
        ),
        ("http://h/v1?key=a%2Fb/&x=@:/", "http://h/v1?key=a%2Fb/&x=@:/"),
        (
            "https://x.services.ai.azure.com/models?api-version=1",
            "https://x.services.ai.azure.com/models?api-version=1",
        ),
    ],
)
def test_an_endpoint_keeps_its_query_and_loses_the_slash_at_its_end(
    written: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_BASE_URL", written)

    env = environment.read()
    assert used == env.LLM_BASE_URL
    assert "key=a" not in repr(env)


@pytest.mark.parametrize(
    ("value", "shown", "more"),
    [
        ("localhost:11434", "'localhost:11434'", "."),
        ("ftp://h/v1", "'ftp://h/v1'", "."),
        ("http://", "'http://'", "."),
        ("http:///v1", "'http:///v1'", "."),
        ("http://h/v1#part", "'http://h/v1'", "."),
        ("http://h/v1#", "'http://h/v1'", "."),
        ("http://h:99999/v1", "'http://h:99999/v1'", "."),
        ("http://h:0/v1", "'http://h:0/v1'", "."),
        ("http://h:/v1", "'http://h:/v1'", "."),
        ("http://h:port/v1", "(not shown here)", "."),
        ("http://h o/v1", "'http://h o/v1'", "."),
        ("http://h/v1\nx", r"'http://h/v1\nx'", "."),
        ("http://hüst/v1", "'http://hüst/v1'", "."),
        ("http://h/v1/ü", "'http://h/v1/ü'", "."),
        ("http://-h/v1", "'http://-h/v1'", "."),
        ("http://a..b/v1", "'http://a..b/v1'", "."),
        ("http://[::1/v1", "(not shown here)", "."),
        ("http://h\\x/v1", r"'http://h\\x/v1'", "."),
        ("https://{resource}.example.org/v1", "'https://{resource}.example.org/v1'", "."),
        ("http://h/v1/chat/completions", "'http://h/v1/chat/completions'", "; leave /chat/completions off, which"),
        (
            "http://h/chat/completions/?a=hunter2",
            "'http://h/chat/completions/'",
            "; leave /chat/completions off, which",
        ),
        ("http://h/v1/completions", "'http://h/v1/completions'", "; leave /completions off, which"),
        (
            "http://me:hunter2@h/v1",
            "'http://h/v1'",
            "; leave user and password out of it, and put the key in LLM_API_KEY.",
        ),
        (
            "http://hunter2@h/v1",
            "'http://h/v1'",
            "; leave user and password out of it, and put the key in LLM_API_KEY.",
        ),
        ("http://@h/v1", "'http://h/v1'", "; leave user and password out of it, and put the key in LLM_API_KEY."),
        ("http://h:x/v1?key=hunter2", "(not shown here)", "."),
        ("http://h:0/v1?key=hunter2", "'http://h:0/v1'", "."),
        ("me:hunter2@h/v1", "'h/v1'", "."),
        ("http://me:hunter2/v1", "(not shown here)", "."),
        ("http://me:hunter2%40h/v1", "(not shown here)", "."),
        ("http://me:2#hunter2@h/v1", "(not shown here)", "."),
    ],
)
def test_a_wrong_endpoint_is_shown_without_what_may_be_a_secret(
    value: str, shown: str, more: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"LLM_BASE_URL is {shown}: {A_BASE_URL}{more}" in refusal(monkeypatch, LLM_BASE_URL=value)


URLS = st.from_regex(r"https?://[a-z0-9_.:\[\]@-]{0,12}(/[!-~]{0,10})?(\?[!-~]{0,10})?", fullmatch=True) | st.text()


@given(URLS)
@example("http://[fe80::1%25eth0]:80/v1")
@example("http://h/v1?x=%zz")
@example("http://1:1")
def test_an_endpoint_that_is_accepted_is_one_for_the_client_and_stays_as_it_is(text: str) -> None:
    try:
        url = url_validators.endpoint_url(text)
    except ValueError:
        return
    assert url_validators.endpoint_url(url) == url
    taken = URL(url)
    assert taken.host
    assert taken.scheme in {"http", "https"}
    assert (taken.user, taken.password, taken.fragment) == (None, None, "")


@given(
    scheme=st.sampled_from(["http://", "https://", "", "ftp://", "http:/"]),
    user=st.sampled_from(
        ["me:hunter2@", "hunter2@", "me:x?hunter2@", "me:x#hunter2@", "me:1/hunter2@", "me@x:hunter2@"]
    ),
    host=st.sampled_from(["h", "h:0", "[::1]", "h:port", "", "ü"]),
    rest=st.sampled_from(["", "/v1", "/v1?key=hunter2", "/v1?a=b@c", "#hunter2", "?hunter2@x"]),
)
def test_no_secret_is_left_in_what_is_shown(scheme: str, user: str, host: str, rest: str) -> None:
    assert "hunter2" not in url_validators.shown(f"{scheme}{user}{host}{rest}")
    assert "hunter2" not in url_validators.shown(f"{scheme}{host}{rest}")


@pytest.mark.parametrize("value", [" ", "\x07", "a\nb", "x" * 201])
def test_a_name_of_a_model_is_printable_and_short(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, LLM_MODEL=value)

    assert f"LLM_MODEL is {value!r}"[:200] in said
    assert "it must be the name of a model, at most 200 printable characters." in said
    assert model_settings.model_name(" hf.co/a/b:Q4 (K_M) ") == "hf.co/a/b:Q4 (K_M)"


def test_headers_and_fields_are_read_from_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        """LLM_EXTRA_HEADERS='{"api-key": " s3cret ", "X-Title": "Größe"}'\n"""
        """LLM_EXTRA_BODY='{"stop": ["a # b"], "seed": 7, "temperature": null, "x": {"think": false}}'"""
    )

    env = environment.read(_env_file=tmp_path / ".env")

    assert env.LLM_EXTRA_HEADERS == {"api-key": "s3cret", "X-Title": "Größe"}
    assert env.LLM_EXTRA_BODY == {
        "stop": ["a # b"],
        "seed": 7,
        "temperature": None,
        "x": {"think": False},
    }
    assert "s3cret" not in repr(env)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("hunter2", "it is not valid JSON."),
        ('{"api-key": "hunter2"', "it is not valid JSON."),
        ('{"hunter2": "a", "hunter2": "b"}', "it is not valid JSON."),
        (f'{{"a": "hunter2", "b": {NESTED}}}', "it is not valid JSON."),
        (json.dumps({"a": "hunter2" * 3000}), "it is not valid JSON."),
        ('["hunter2"]', "it is valid JSON, but no object."),
        ('{"a": "b", "hunter2 x": "c"}', "the name of header 2 has characters that no header's name has (RFC 9110)."),
        ('{"": "hunter2"}', "the name of header 1 has characters"),
        ('{"a:": "hunter2"}', "the name of header 1 has characters"),
        ('{"ä": "hunter2"}', "the name of header 1 has characters"),
        ('{"a\\r\\nb": "hunter2"}', "the name of header 1 has characters"),
        ('{"a": "hunter2\\r\\nX: y"}', "the value of header 1 is no text of printable Latin-1 characters."),
        ('{"a": "hunter2\\u0000"}', "the value of header 1 is no text"),
        ('{"a": "hunter2\\u007f"}', "the value of header 1 is no text"),
        ('{"a": "hunter2\\u0085"}', "the value of header 1 is no text"),
        ('{"a": "hunter2 €"}', "the value of header 1 is no text"),
        ('{"a": 7}', "the value of header 1 is no text"),
        ('{"a": null}', "the value of header 1 is no text"),
        ('{"a": ["hunter2"]}', "the value of header 1 is no text"),
        ('{"hunter2": "a", "Hunter2": "b"}', "one header is there twice, in capital and small letters."),
    ],
)
def test_a_wrong_header_is_refused_unseen(value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, LLM_EXTRA_HEADERS=value)

    assert f"LLM_EXTRA_HEADERS is (not shown here): {HEADERS}{reason}" in said
    assert "unter2" not in said


@pytest.mark.parametrize(
    "name",
    ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Content-Type", "Accept-Encoding", "Expect", "TE"],
)
def test_a_header_of_the_connection_or_the_body_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for written in (name, name.upper(), name.lower()):
        assert f"; {name} is Nono's own." in refusal(monkeypatch, LLM_EXTRA_HEADERS=json.dumps({written: "hunter2"}))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("top_p=1", "not valid JSON: Expecting value at character 0."),
        ("{'top_p': 1}", "not valid JSON: Expecting property name enclosed in double quotes at character 1."),
        ('{"top_p": NaN}', "not valid JSON: NaN is not a JSON value."),
        ('{"top_p": -Infinity}', "not valid JSON: -Infinity is not a JSON value."),
        ('{"top_p": 1e999}', "not valid JSON: 1e999 is not a finite number."),
        ('{"top_p": 1, "top_p": 2}', "not valid JSON: the key 'top_p' appears twice."),
        ('{"a": "\\ud800"}', "The body contains a lone surrogate"),
        (f'{{"a": {NESTED}}}', "The body nests deeper than 32 levels."),
        ('{"a": "' + "x" * 70_000 + '"}', "The body has 70009 bytes; at most 65536 are allowed."),
        ("[]", "it is valid JSON, but no object."),
        ("null", "it is valid JSON, but no object."),
        ('{"messages": []}', "messages is the chat, which Nono puts there itself."),
        ('{"messages": null}', "messages is the chat, which Nono puts there itself."),
    ],
)
def test_wrong_fields_are_refused_with_the_reason(value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refusal(monkeypatch, LLM_EXTRA_BODY=value)

    assert f"LLM_EXTRA_BODY is {repr(value)[:200]}" in said
    assert f"{BODY}{reason}" in said
    assert len(said) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda name: name != "messages"), JSON, max_size=5))
def test_every_object_of_fields_comes_through_as_it_was_written(fields: dict[str, Any]) -> None:
    assert model_settings.extra_body(json.dumps(fields)) == fields


@given(st.text() | JSON.map(json.dumps))
def test_headers_that_are_accepted_can_be_sent(text: str) -> None:
    try:
        headers = model_settings.extra_headers(text)
    except ValueError:
        return
    for name, value in headers.items():
        assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        assert value.encode("latin-1").decode("latin-1").isprintable()


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128"),
        (" https://[::1]:8443/\n", "https://[::1]:8443"),
        ("http://me:p%40ss%3A@10.0.0.1:80", "http://me:p%40ss%3A@10.0.0.1:80"),
    ],
)
def test_a_proxy_may_want_a_password(written: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_PROXY", written)

    env = environment.read()
    assert used == env.LLM_PROXY
    assert "p%40ss" not in repr(env)


@pytest.mark.parametrize(
    ("value", "more"),
    [
        ("socks5://me:hunter2@proxy:1080", "; SOCKS is not supported."),
        ("SOCKS5H://proxy:1080", "; SOCKS is not supported."),
        ("socks4a://proxy:1080", "; SOCKS is not supported."),
        ("hunter2:3128", "."),
        ("http://me:hunter2@proxy", "; the port is missing."),
        ("http://proxy:", "; the port is missing."),
        ("http://proxy:0", "."),
        ("http://proxy:70000", "."),
        ("http://me:hunter2@:3128", "."),
        ("http://me:hunter2@proxy:3128/path", "."),
        ("http://me:hunter2@proxy:3128?x", "."),
        ("http://me:hunter2@proxy:3128#x", "."),
        ("http://me:hunter2 x@proxy:3128", "."),
        ("http://me:hünter@proxy:3128", "."),
        ("http://me%3Ayou:hunter2@proxy:3128", "; a user's name has no colon."),
        ("http://me:hunter2%E2%82%AC@proxy:3128", "; user and password can have the characters of Latin-1 only."),
    ],
)
def test_a_wrong_proxy_is_refused_unseen(value: str, more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"LLM_PROXY is (not shown here): {A_PROXY}{more}" in refusal(monkeypatch, LLM_PROXY=value)


@given(user=st.text(max_size=6), password=st.text(max_size=6))
def test_a_proxy_that_is_accepted_can_be_signed_in_at(user: str, password: str) -> None:
    made = URL.build(scheme="http", host="proxy", port=3128, user=user or None, password=password or None)
    try:
        taken = URL(url_validators.proxy_url(str(made)))
    except ValueError:
        assert ":" in user or any(ord(character) > 255 for character in user + password)
        return
    assert (taken.host, taken.port) == ("proxy", 3128)
    if auth := BasicAuth.from_url(taken):
        assert auth.encode().startswith("Basic ")


def test_certificates_are_found_from_the_folder_of_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _make_certificate(tmp_path)
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    monkeypatch.setenv("LLM_CA_FILE", "fullchain.pem")

    env = environment.read()
    assert tmp_path / "fullchain.pem" == env.LLM_CA_FILE


@pytest.mark.parametrize("value", ["nowhere.pem", ".", "~nobody-of-that-name/ca.pem", "x" * 300, "circle"])
def test_a_path_that_is_no_file_is_refused(value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to("circle")
    monkeypatch.setattr(environment, "PROJECT", tmp_path)

    said = refusal(monkeypatch, LLM_CA_FILE=value)

    assert f"LLM_CA_FILE is {value!r}"[:200] in said
    assert "it must be the path of a file of certificates (PEM) that exists" in said


@pytest.mark.parametrize("damage", ["empty", "words", "key", "cut"])
def test_a_file_without_a_certificate_is_refused(damage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _make_certificate(tmp_path)
    whole = (tmp_path / "fullchain.pem").read_bytes()
    damaged = {"empty": b"", "words": b"hello", "key": (tmp_path / "privkey.pem").read_bytes(), "cut": whole[:-80]}
    (tmp_path / "ca.pem").write_bytes(damaged[damage])

    said = refusal(monkeypatch, LLM_CA_FILE=str(tmp_path / "ca.pem"))

    assert "; this one cannot be used: it has no certificate that OpenSSL can read." in said


def test_reasoning_is_shown_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NONO_SHOW_REASONING", "on")
    assert environment.read().NONO_SHOW_REASONING

    said = refusal(monkeypatch, NONO_SHOW_REASONING="folded")
    assert "NONO_SHOW_REASONING is 'folded': it must be on or off." in said


def test_the_readme_names_every_setting_of_a_model_with_its_default() -> None:
    table = dict(
        re.findall(r"^\| `((?:LLM_|NONO_SHOW_)\w+)` \| (.*?) \|", (PROJECT / "README.md").read_text(), re.MULTILINE)
    )
    ours = {name for name in Environment.model_fields if name.startswith("LLM_")} | {"NONO_SHOW_REASONING"}

    assert set(table) == ours
    for name in ("LLM_TIMEOUT", "LLM_FIRST_BYTE_TIMEOUT", "LLM_SILENCE_TIMEOUT"):
        assert table[name] == f"`{Environment.model_fields[name].default:g}`"


def test_the_examples_in_the_example_file_are_right() -> None:
    text = (PROJECT / ".env.example").read_text()
    headers, body = re.findall(r"('\{.*?\}')", text)

    assert model_settings.extra_headers(headers.strip("'")) == {"X-Title": "Nono"}
    assert model_settings.extra_body(body.strip("'")) == {"top_p": 0.9, "temperature": None}
    assert dotenv_values(PROJECT / ".env.example") == {}


@pytest.mark.slow
def test_every_program_says_it_in_place_of_a_traceback(manage: Manage) -> None:
    wrong = {
        "LLM_BASE_URL": "http://me:hunter2@h/v1",
        "LLM_API_KEY": "hunter2 x",
        "LLM_EXTRA_HEADERS": "hunter2",
        "LLM_EXTRA_BODY": "{",
        "LLM_PROXY": "socks5://me:hunter2@h:1",
        "LLM_CA_FILE": "README.md",
        "LLM_TIMEOUT": "nan",
        "NONO_SHOW_REASONING": "x",
    }
    checked = manage("check", **wrong)
    served = subprocess.run(
        [sys.executable, "-m", "nono.server"],
        cwd=PROJECT,
        env={**os.environ, "PORT": "0", **wrong},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    for refused in (checked, served):
        assert (refused.returncode, refused.stdout) == (1, "")
        assert re.findall(r"^  (\w+) is ", refused.stderr, re.MULTILINE) == sorted(
            wrong, key=list(Environment.model_fields).index
        )
        assert not re.search("Traceback|hunter2", refused.stderr)
