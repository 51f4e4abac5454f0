"""Collected static files: hashed names, also inside the imports between JavaScript modules."""

import re
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from pytest_django.fixtures import Settings

from nono.web.staticfiles import HashedStaticFiles

MODULES = {
    "app.js": 'import { one } from "./parts/one.js";\nexport { one as again } from "./parts/one.js";\n',
    "lazy.js": 'const later = () => import("./parts/one.js");\n',
    "parts/one.js": "export const one = 1;\n",
}


@pytest.fixture
def collected(tmp_path: Path, settings: Settings) -> dict[str, str]:
    """The text of each collected module by its own name, imports rewritten."""
    settings.STATIC_ROOT = tmp_path
    for name, text in MODULES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    storage = HashedStaticFiles(location=tmp_path)
    plain = FileSystemStorage(location=tmp_path)
    list(storage.post_process({name: (plain, name) for name in MODULES}))
    return {name: (tmp_path / storage.stored_name(name)).read_text() for name in MODULES}


@pytest.mark.parametrize("name", ["app.js", "lazy.js"])
def test_imports_between_modules_name_the_hashed_files(name: str, collected: dict[str, str]) -> None:
    assert re.search(r'"\./parts/one\.[0-9a-f]{12}\.js"', collected[name])
    assert '"./parts/one.js"' not in collected[name]
