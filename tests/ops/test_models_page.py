"""docs/models.md: what it tells people to set is accepted, and what it names is there."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
import yaml
from markdown_it import MarkdownIt

from chat_app.responders.errors import Reason
from nono import model_settings, url_validators
from nono.environment import PROJECT, Environment

PAGE = PROJECT / "docs" / "models.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = [token for token in MarkdownIt().parse(TEXT) if token.type == "fence"]
ASSIGNED = [
    (name, value)
    for block in BLOCKS
    if block.info == "sh"
    for name, value in re.findall(r"^(LLM_[A-Z_]+)=(.+)$", block.content, re.MULTILINE)
]
INLINE = re.findall(r"`(LLM_EXTRA_[A-Z]+)(?:=|` \| `)(\{[^`]*\})`", TEXT)
OTHERS = {"LLM_EXTRA_HEADERS": model_settings.extra_headers, "LLM_EXTRA_BODY": model_settings.extra_body}
CHECKS = {
    "LLM_BASE_URL": url_validators.endpoint_url,
    "LLM_MODEL": model_settings.model_name,
    "LLM_API_KEY": model_settings.api_key,
}


@pytest.mark.parametrize(("name", "value"), ASSIGNED, ids=[f"{name}={value}" for name, value in ASSIGNED])
def test_what_it_says_to_set_is_taken_as_it_is(name: str, value: str) -> None:
    assert CHECKS[name](value) == value


def test_it_has_the_settings_of_each_endpoint_that_issue_12_names() -> None:
    titles = "Ollama|LM Studio|llama.cpp|vLLM|OpenAI|Azure OpenAI|Gemini|Anthropic|OpenRouter|Mistral"
    sections = dict(re.findall(r"^### (.+)\n((?:(?!^##).*\n)+)", TEXT, re.MULTILINE))
    for title in [*titles.split("|"), "Everything else: the LiteLLM proxy"]:
        assert re.search(r"^LLM_BASE_URL=.+\nLLM_MODEL=", sections[title], re.MULTILINE), title


@pytest.mark.parametrize(("name", "value"), INLINE, ids=[f"{name}={value}" for name, value in INLINE])
def test_its_headers_and_fields_are_taken(name: str, value: str) -> None:
    assert OTHERS[name](value)


def test_it_names_settings_that_there_are() -> None:
    named = set(re.findall(r"\b(?:LLM|NONO)_[A-Z_]+[A-Z]\b", TEXT))
    assert named
    assert named <= Environment.model_fields.keys()
    assert {name for name in Environment.model_fields if name.startswith("LLM_")} <= named


def test_it_has_a_row_for_each_reason_of_a_failed_reply() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| (?:[^|]+ \| ){2}", TEXT, re.MULTILINE)
    assert rows == list(get_args(Reason))


def test_the_times_it_gives_are_the_defaults() -> None:
    given = dict(re.findall(r"^\| `(LLM_\w*TIMEOUT)` \| (\d+) \|", TEXT, re.MULTILINE))
    fields = Environment.model_fields
    assert given == {name: f"{fields[name].default:g}" for name in fields if name.endswith("TIMEOUT")}


def test_its_files_can_be_read() -> None:
    (personas,) = [block.content for block in BLOCKS if block.info == "toml"]
    read = tomllib.loads(personas)
    endpoint = read["endpoints"]["fast"]
    assert url_validators.endpoint_url(endpoint["base_url"]) == endpoint["base_url"]
    assert model_settings.key_variable(endpoint["key"]) == endpoint["key"]
    assert read["support"]["endpoint"] in read["endpoints"]
    (config,) = [block.content for block in BLOCKS if block.info == "yaml"]
    assert yaml.safe_load(config)["model_list"][0]["model_name"] == "claude"


def test_what_it_links_to_is_there() -> None:
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        path, _, anchor = target.partition("#")
        assert (PAGE.parent / path).exists(), target
        assert path or anchor in headings, target
    for page in ("README.md", "docs/libraries.md"):
        (anchor,) = re.findall(r"models\.md(#[\w-]+)?\)", Path(PROJECT / page).read_text(encoding="utf-8"))
        assert not anchor or anchor[1:] in headings, page
