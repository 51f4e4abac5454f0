"""These tests run by ``make test-model`` alone: they take servers that others wrote, in an environment of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.conftest import Do
from tests.model.servers import PYTHON, llama_cpp, write_model
from tests.support.scripted_endpoint import KEY

collect_ignore_glob = [] if PYTHON else ["test_*.py"]


@pytest.fixture(scope="session")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that says random words without an end."""
    return write_model(tmp_path_factory.mktemp("talks") / "model.gguf", "talks")


@pytest.fixture(scope="session")
def thinks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model that thinks, answers and ends."""
    return write_model(tmp_path_factory.mktemp("thinks") / "model.gguf", "thinks")


@pytest.fixture(scope="session")
def llama(talks: Path) -> Iterator[str]:
    """The base URL of llama.cpp's server with the model that talks."""
    with llama_cpp(talks) as base_url:
        yield base_url


@pytest.fixture
def configured(llama: str, do: Do, settings: Settings) -> Settings:
    settings.LLM_BASE_URL, settings.LLM_MODEL, settings.LLM_API_KEY = llama, "tiny", KEY
    return settings
