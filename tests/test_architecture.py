"""Imports flow one way: composition, transport, domain, infrastructure.

An import inside a function or a ``TYPE_CHECKING`` block counts as any other: it is a dependency of the reader.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from nono.environment import PROJECT

PACKAGES = ("nono", "sessions_app", "chat_app")

COMPOSITION = ("nono.settings", "nono.urls", "nono.asgi", "nono.server")
"""What puts the parts together: it may import everything, and nothing imports it but Django's settings."""

TRANSPORT = set("admin api apps audit checks consumers management models routing schemas urls views visitors".split())
"""Parts of the two apps that speak HTTP, websocket, admin or the command line; the rest of them is the domain."""

WEB = ("django.http", "django.views", "django.shortcuts", "django.urls", "ninja", "channels", "daphne")
REDIS = ("django_redis", "redis", "channels_redis", "fakeredis")
PURE = ("chat_app.responders", "chat_app.context", "chat_app.messages", "chat_app.live")
"""What chat_app/safety does without: it judges texts alone."""


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports_of(path: Path) -> set[str]:
    """Returns every module that a file names in an import."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def within(name: str, places: set[str] | tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


ALL = dict(modules())
APPS = [name for name in ALL if not name.startswith("nono")]


def is_domain(name: str) -> bool:
    return name in APPS and not set(name.split(".")) & TRANSPORT


def wrong_imports(name: str, imports: set[str]) -> set[str]:
    """Returns what a module of that name may not import."""
    wrong: set[str] = set()
    is_composition = within(name, COMPOSITION)
    if not is_composition:
        wrong |= {one for one in imports if within(one, COMPOSITION) and one != "nono.settings"}
    if name.startswith("nono") and not is_composition:
        wrong |= {one for one in imports if within(one, ("chat_app", "sessions_app"))}
    if name.startswith("sessions_app"):
        wrong |= {one for one in imports if within(one, ("chat_app",))}
    if name in APPS:
        wrong |= {one for one in imports if within(one, REDIS)}
    if is_domain(name):
        transport = {one for one in APPS if not is_domain(one)}
        wrong |= {one for one in imports if within(one, WEB) or one in transport}
    if within(name, ("chat_app.safety",)):
        wrong |= {one for one in imports if within(one, PURE)}
    return wrong


@pytest.mark.parametrize("module", ALL)
def test_imports_flow_one_way(module: str) -> None:
    assert not wrong_imports(module, imports_of(ALL[module]))


@pytest.mark.parametrize("module", APPS)
def test_only_one_package_names_keys(module: str) -> None:
    text = ALL[module].read_text(encoding="utf-8")
    assert "nono.store.key_functions" not in text
    assert not [key for key in ('f"session:', 'f"chat_history:', 'f"undo:') if key in text]


PLANTED: Mapping[str, tuple[str, str]] = {
    "infrastructure that imports the domain": ("nono.store.client", "from sessions_app.manager import SessionManager"),
    "infrastructure that imports the composition": ("nono.web.api", "from nono.server import banner"),
    "sessions that import the chat": ("sessions_app.manager", "import chat_app.memory"),
    "domain that imports a transport": ("chat_app.conversation", "from chat_app.api import router"),
    "domain that imports the web": ("chat_app.memory", "from django.http import HttpRequest"),
    "domain that imports Redis": ("sessions_app.listing", "import redis"),
    "a transport that imports Redis": ("chat_app.api", "from django_redis import get_redis_connection"),
    "a transport that imports the composition": ("sessions_app.api", "from nono import urls"),
    "safety that imports a responder": ("chat_app.safety.assessment", "from chat_app.responders import openai"),
}


@pytest.mark.parametrize(("module", "statement"), PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("around", ["{}", "def late():\n    {}", "if TYPE_CHECKING:\n    {}"])
def test_a_planted_wrong_import_is_found(tmp_path: Path, module: str, statement: str, around: str) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(f"from typing import TYPE_CHECKING\n{around.format(statement)}\n")
    assert module in ALL
    assert wrong_imports(module, imports_of(planted))
