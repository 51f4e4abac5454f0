"""Imports flow one way: composition, transport, domain, floor."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nono.environment import PROJECT

PACKAGES = ("nono", "sessions_app", "chat_app")

COMPOSITION = {"nono.urls", "nono.asgi", "nono.settings", "nono.serve"}
TRANSPORT = set("admin api apps checks consumers management models routing schemas urls views visitors".split())
"""Parts of the two apps that speak HTTP, websocket, admin or the command line; the rest of them is the domain."""
WEB = ("django.http", "django.views", "django.shortcuts", "django.urls", "ninja", "channels", "daphne")
REDIS = ("django_redis", "redis", "channels_redis", "fakeredis")


def modules() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports_of(path: Path) -> set[str]:
    """Every module that a file names in an import, also inside functions."""
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
DOMAIN = [name for name in APPS if not set(name.split(".")) & TRANSPORT]


@pytest.mark.parametrize("module", ALL)
def test_nothing_imports_the_composition_but_what_starts_the_program(module: str) -> None:
    if module not in COMPOSITION:
        assert not {name for name in imports_of(ALL[module]) if within(name, COMPOSITION - {"nono.settings"})}


@pytest.mark.parametrize("module", DOMAIN)
def test_the_domain_knows_neither_the_web_nor_redis_nor_any_transport(module: str) -> None:
    transport = set(APPS) - set(DOMAIN)
    names = imports_of(ALL[module])
    assert not {name for name in names if within(name, WEB) or within(name, REDIS) or name in transport}


@pytest.mark.parametrize("module", [name for name in ALL if name.startswith("sessions_app")])
def test_sessions_know_nothing_of_the_chat(module: str) -> None:
    assert not {name for name in imports_of(ALL[module]) if within(name, ("chat_app",))}


@pytest.mark.parametrize("module", [name for name in ALL if name.startswith("nono") and name not in COMPOSITION])
def test_the_floor_stands_on_nothing(module: str) -> None:
    assert not {name for name in imports_of(ALL[module]) if within(name, ("chat_app", "sessions_app"))}


@pytest.mark.parametrize("module", APPS)
def test_only_the_floor_opens_the_door_to_redis_and_names_keys(module: str) -> None:
    text = ALL[module].read_text(encoding="utf-8")
    assert not {name for name in imports_of(ALL[module]) if within(name, REDIS)}
    assert "nono.store_keys" not in text
    assert not [key for key in ('f"session:', 'f"chat_history:', 'f"undo:') if key in text]


def test_the_test_would_see_a_wrong_import(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def late():\n    from django.http import HttpRequest\n")
    assert any(within(name, WEB) for name in imports_of(wrong))
