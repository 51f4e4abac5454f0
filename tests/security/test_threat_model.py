"""docs/security.md names tests that there are, and all of these modules."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nono.environment import PROJECT

PAGE = (PROJECT / "docs" / "security.md").read_text("utf-8")


def named() -> Iterator[tuple[str, str]]:
    """The tests of the page; one that is named without its file is of the file before."""
    file = ""
    for path, test in re.findall(r"`(tests/[\w/]+\.py)?::(\w+)`", PAGE):
        file = path or file
        yield file, test


def functions_in(path: str) -> set[str]:
    tree = ast.parse((PROJECT / path).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


@pytest.mark.parametrize(("path", "test"), sorted(set(named())))
def test_the_threat_model_names_a_test_that_there_is(path: str, test: str) -> None:
    assert test in functions_in(path)


@pytest.mark.parametrize("module", sorted(path.name for path in (PROJECT / "tests" / "security").glob("test_*.py")))
def test_every_module_is_named_in_the_threat_model(module: str) -> None:
    assert module == "test_threat_model.py" or f"`tests/security/{module}::" in PAGE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:nono|sessions_app|chat_app|static)/[\w/.]+)`", PAGE))))
def test_every_guard_is_where_the_threat_model_says(path: str) -> None:
    assert (PROJECT / path).exists()


@pytest.mark.parametrize(
    "module", sorted((PROJECT / "tests" / "security").glob("test_*.py")), ids=lambda path: path.name
)
def test_every_module_has_a_control(module: Path) -> None:
    text = module.read_text("utf-8")
    assert re.search(r"def test_\w*(without|would|were)", text) or module.name == "test_threat_model.py"
