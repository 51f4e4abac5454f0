"""What lies in the store's folder: another engine's data, left-over files, a path too long for a socket."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from nono import private_redis
from nono.errors import ConfigurationError
from nono.private_redis import process
from nono.private_redis.lock_dir import StoreFolder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(process.find_program() is None, reason="no Valkey or Redis server is installed"),
]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder, whose store is left at the end."""
    yield tmp_path
    private_redis.leave(tmp_path)


@pytest.mark.parametrize("written_by", [{"name": "redis", "version": "7.0.15"}, {"version": "99.0.0"}])
def test_data_of_another_engine_or_a_newer_version_is_refused(written_by: dict[str, str], data: Path) -> None:
    private_redis.join(data)
    private_redis.leave(data)
    note = data / "store" / "engine.json"
    mine = json.loads(note.read_text())
    if mine["name"] == written_by.get("name"):
        written_by = {"name": "valkey"}
    note.write_text(json.dumps(mine | written_by))

    with pytest.raises(ConfigurationError, match=r"were written by .*, which .* cannot read"):
        private_redis.join(data)

    note.write_text(json.dumps(mine))
    private_redis.join(data)


def test_a_newer_version_of_the_same_engine_takes_over(data: Path) -> None:
    private_redis.join(data)
    private_redis.leave(data)
    note = data / "store" / "engine.json"
    mine = json.loads(note.read_text())
    note.write_text(json.dumps(mine | {"version": "1.0"}))

    private_redis.join(data)

    assert json.loads(note.read_text()) == mine


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)

    client = redis.Redis.from_url(private_redis.join(deep))

    socket = Path(client.connection_pool.connection_kwargs["path"])
    assert client.ping()
    assert not socket.is_relative_to(data)
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    private_redis.leave(deep)
    socket.parent.rmdir()


def test_a_short_path_that_somebody_else_made_is_not_used(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    runtime = StoreFolder(deep).socket.parent
    runtime.symlink_to(data)

    try:
        with pytest.raises(ConfigurationError, match="is not a folder of this user"):
            private_redis.join(deep)
    finally:
        runtime.unlink()


def test_a_socket_file_left_behind_is_no_obstacle(data: Path) -> None:
    private_redis.join(data)
    private_redis.leave(data)
    (data / "store" / "redis.sock").touch()

    assert redis.Redis.from_url(private_redis.join(data)).ping()
