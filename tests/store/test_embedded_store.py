"""The private store, with real servers and real processes that join, leave and are killed."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from nono import private_redis
from nono.environment import PROJECT
from nono.errors import ConfigurationError
from nono.private_redis import manager, process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(process.find_program() is None, reason="no Valkey or Redis server is installed"),
]

MEMBER = """
import sys
from pathlib import Path
from nono import private_redis
print(private_redis.join(Path(sys.argv[1]), keep_alive="keep" in sys.argv), flush=True)
sys.stdin.read()
"""


class Member:
    """A process that has joined, until it is told to leave or killed."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", MEMBER, str(data), *arguments],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def joined(self) -> redis.Redis:
        assert self._process.stdout
        return redis.Redis.from_url(self._process.stdout.readline().strip())

    def leave(self) -> int:
        self._process.communicate(timeout=20)
        return self._process.returncode

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=20)


Join = Callable[..., Member]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder; whatever server is left in it at the end is ended."""
    yield tmp_path
    private_redis.leave(tmp_path)
    with contextlib.suppress(redis.RedisError):
        os.kill(server_pid(client_of(tmp_path)), signal.SIGKILL)


@pytest.fixture
def join(data: Path) -> Iterator[Join]:
    """Starts processes that join the store of the data folder."""
    members: list[Member] = []

    def start(*arguments: str) -> Member:
        members.append(Member(data, *arguments))
        return members[-1]

    yield start
    for member in members:
        member.kill()


def client_of(data: Path) -> redis.Redis:
    return redis.Redis.from_url(private_redis.url(data))


def server_pid(client: redis.Redis) -> int:
    return int(client.info("server")["process_id"])


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(shown.stdout.strip()) and not shown.stdout.startswith("Z")


def test_asking_for_the_address_starts_nothing(data: Path) -> None:
    assert private_redis.url(data) == f"unix://{data}/store/redis.sock?db=0"
    assert list(data.iterdir()) == []


def test_joining_starts_a_server_that_writes_every_change_down_and_forgets_nothing(data: Path) -> None:
    client = redis.Redis.from_url(private_redis.join(data))

    settings = client.config_get("append*") | client.config_get("maxmemory-policy") | client.config_get("port")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["port"] == "0"
    assert stat.S_IMODE((data / "store").stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "store" / "redis.sock").stat().st_mode) == 0o700


def test_words_are_in_no_list_of_slow_commands(data: Path) -> None:
    slow = "for i = 1, 30000000 do local _ = i * i end"
    client = redis.Redis.from_url(private_redis.join(data))

    client.eval(slow, 0, "nobody's business")
    assert client.slowlog_get() == []

    client.config_set("slowlog-log-slower-than", 10_000)  # as it is where nobody says otherwise
    client.eval(slow, 0, "nobody's business")
    assert "nobody's business" in str(client.slowlog_get())


def test_joining_twice_is_joining_once(data: Path) -> None:
    first = server_pid(redis.Redis.from_url(private_redis.join(data)))

    assert server_pid(redis.Redis.from_url(private_redis.join(data))) == first


def test_leaving_as_the_last_one_stops_the_server_and_keeps_the_data(data: Path) -> None:
    client = redis.Redis.from_url(private_redis.join(data))
    client.set("kept", "yes")
    pid = server_pid(client)

    private_redis.leave(data)

    eventually(lambda: not is_running(pid))
    assert redis.Redis.from_url(private_redis.join(data)).get("kept") == b"yes"


def test_five_that_start_together_get_one_server(data: Path, join: Join) -> None:
    members = [join() for _ in range(5)]

    assert len({server_pid(member.joined()) for member in members}) == 1


def test_the_server_stays_until_the_last_one_leaves(join: Join) -> None:
    first, second = join(), join()
    pid = server_pid(first.joined())
    client = second.joined()

    assert first.leave() == 0
    assert server_pid(client) == pid
    assert second.leave() == 0
    eventually(lambda: not is_running(pid))


def test_it_outlives_the_kill_of_the_process_that_started_it(join: Join) -> None:
    owner = join()
    client = owner.joined()
    client.set("written", "before")
    pid = server_pid(client)
    other = join()
    other.joined()

    owner.kill()

    assert server_pid(client) == pid
    assert client.get("written") == b"before"
    assert other.leave() == 0
    eventually(lambda: not is_running(pid))


def test_a_server_whose_processes_were_all_killed_is_joined_again_and_then_stopped(join: Join) -> None:
    lonely = join()
    pid = server_pid(lonely.joined())
    lonely.kill()

    next_one = join()

    assert server_pid(next_one.joined()) == pid
    assert next_one.leave() == 0
    eventually(lambda: not is_running(pid))


def test_data_survives_the_kill_of_the_server_and_of_everybody(join: Join) -> None:
    member = join()
    client = member.joined()
    for number in range(100):
        client.rpush("numbers", number)
    os.kill(server_pid(client), signal.SIGKILL)
    member.kill()

    assert join().joined().llen("numbers") == 100


def test_a_process_that_serves_starts_a_killed_server_again(join: Join) -> None:
    client = join("keep").joined()
    client.set("kept", "yes")
    first = server_pid(client)
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        try:
            return server_pid(client) != first and client.get("kept") == b"yes"
        except redis.ConnectionError:  # gone, or reading its data still
            return False

    eventually(is_back)


def test_what_was_deleted_leaves_the_servers_file_while_it_serves(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manager, "FORGET_EVERY", 3.0)
    private_redis.join(data, keep_alive=True)
    client = client_of(data)
    client.set("chat", "something said in confidence")
    client.delete("chat")

    def is_on_the_disk() -> bool:
        for path in data.rglob("*.aof"):
            with contextlib.suppress(FileNotFoundError):  # the server drops the old one meanwhile
                if b"said in confidence" in path.read_bytes():
                    return True
        return False

    assert is_on_the_disk()
    eventually(lambda: not is_on_the_disk())


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(data: Path) -> None:
    pid = server_pid(redis.Redis.from_url(private_redis.join(data)))

    assert os.getsid(pid) != os.getsid(0)


def test_a_server_that_does_not_start_tells_its_last_words(data: Path) -> None:
    private_redis.join(data)
    private_redis.leave(data)
    for file in (data / "store" / "appendonlydir").glob("*.manifest"):
        file.write_text("nonsense\n")

    with pytest.raises(ConfigurationError, match=r"The private store did not start: .+"):
        private_redis.join(data)


def test_without_a_server_program_memory_is_used_and_said(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process, "find_program", lambda: None)
    manager._warn_of_memory.cache_clear()

    assert private_redis.join(data) == private_redis.IN_MEMORY_URL
    assert "lost when it ends" in caplog.text
    assert list(data.iterdir()) == []
