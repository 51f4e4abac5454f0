"""The data folder, and the secret key that Nono makes there."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nono import data_folder
from nono.errors import ConfigurationError


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    key = data_folder.secret_key(tmp_path / "data")

    assert len(key) >= 50
    assert data_folder.secret_key(tmp_path / "data") == key
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_all_who_start_together_get_one_secret_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as starters:
        keys = set(starters.map(data_folder.secret_key, [tmp_path] * 64))

    assert len(keys) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigurationError, match=r"NONO_DATA_DIR is '.*file/data'.*Not a directory"):
        data_folder.secret_key(tmp_path / "file" / "data")
