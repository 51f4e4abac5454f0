"""An endpoint that takes a key and is asked again soon, Ann's chat with it, and another chat beside."""

import uuid

import pytest
from pytest_django.fixtures import Settings

from chat_app.responders import openai
from chat_app.safety import warmup
from tests.conftest import Do
from tests.responders.scenarios import Stage
from tests.support.scripted_endpoint import KEY, ModelEndpoint


@pytest.fixture(scope="session", autouse=True)
def _read_files() -> None:
    """Reads what the first reply of a process reads, which is not counted as a reply's time."""
    warmup._read_all()


@pytest.fixture
def model(model: ModelEndpoint, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ModelEndpoint:
    """The endpoint of tests/conftest.py with a key, short times and a model of which nothing was learned yet."""
    monkeypatch.setattr(openai, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(openai, "LOADING_PAUSES", (0.01, 0.05))
    name = f"tiny-{uuid.uuid4().hex[:8]}"
    model.models.append(name)
    settings.LLM_API_KEY, settings.LLM_MODEL = KEY, name
    settings.LLM_TIMEOUT, settings.LLM_FIRST_BYTE_TIMEOUT, settings.LLM_SILENCE_TIMEOUT = 30.0, 20.0, 20.0
    return model


@pytest.fixture
def stage(
    transactional_db: None, model: ModelEndpoint, settings: Settings, caplog: pytest.LogCaptureFixture, do: Do
) -> Stage:
    return Stage(model, settings, caplog, do)
