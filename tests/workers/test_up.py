"""`drip up` with real processes: what stops it from starting, what it survives, how it ends and goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.flows import living

pytestmark = [pytest.mark.story, pytest.mark.xdist_group("story")]
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[living.Living]:
    """A Drip that runs; the last test of this file ends it."""
    folder = tmp_path_factory.mktemp("up")
    with living.up(folder, f"sqlite:///{folder / 'drip.db'}") as drip:
        yield drip


@pytest.fixture
def taken_port() -> Iterator[str]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_a_port_in_use_is_one_clear_line(tmp_path: Path, taken_port: str) -> None:
    said = refused({"DRIP_DATA_DIR": str(tmp_path), "DRIP_SANDBOX_PORT": taken_port})
    assert f"Port {taken_port} on 127.0.0.1 cannot be used" in said
    assert "set DRIP_SANDBOX_PORT to another port" in said


def test_a_data_folder_that_is_a_file_is_one_clear_line() -> None:
    assert "Drip cannot write to /dev/null" in refused({"DRIP_DATA_DIR": "/dev/null"})


def test_a_broken_config_is_one_clear_line_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[company]\nname = "Quay\n')
    said = refused({"DRIP_DATA_DIR": str(tmp_path), "DRIP_CONFIG": str(tmp_path / "config.toml")})
    assert said.startswith("config.toml:2: ")


def test_a_database_that_is_away_is_one_clear_line_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://quay:hidden@127.0.0.1:1/drip"
    said = refused({"DRIP_DATA_DIR": str(tmp_path), "DATABASE_URL": url})
    assert "The PostgreSQL of DATABASE_URL cannot be used" in said
    assert "hidden" not in said


def test_a_first_start_says_nothing_that_alarms(alive: living.Living) -> None:
    said = (alive.folder / "log").read_text().splitlines()
    assert [line for line in said if "WARNING" in line or "ERROR" in line] == []
    assert _first(said, " web.started ") < _first(said, " INFO scheduler ")


def test_a_second_start_on_the_same_folder_is_refused(alive: living.Living) -> None:
    assert "Drip is already running on" in refused({"DRIP_DATA_DIR": alive.environ["DRIP_DATA_DIR"]})
    assert alive.process.poll() is None


def test_a_killed_child_comes_back(alive: living.Living) -> None:
    (killed,) = children(alive, "workers.scheduler")
    os.kill(killed, signal.SIGKILL)
    until(lambda: [pid for pid in children(alive, "workers.scheduler") if pid != killed])
    until(lambda: (pids := alive.pids("scheduler")) and killed not in pids)
    assert killed not in children(alive, "workers.scheduler")


def test_ctrl_c_ends_every_child_and_the_next_start_goes_on_where_it_was(alive: living.Living) -> None:
    mails, clock, family = ids(alive), business_time(alive), children(alive)
    alive.process.send_signal(signal.SIGINT)
    assert alive.process.wait(PATIENCE_SECONDS) == 0
    assert [pid for pid in family if Path(f"/proc/{pid}").exists()] == []
    with living.up(alive.folder, alive.environ["DATABASE_URL"]) as again:
        until(lambda: listens(again.environ["DRIP_SANDBOX_PORT"]))
        later = ids(again)
        assert timedelta() <= business_time(again) - clock < timedelta(minutes=5)
        assert set(mails) <= set(later)
        assert len(set(later)) == len(later) >= len(mails) > 0


def refused(environ: dict[str, str]) -> str:
    """The one line that `drip up` says when it cannot start."""
    ports = {name: str(living.free_port()) for name in ("DRIP_WEB_PORT", "DRIP_SANDBOX_PORT")}
    bare = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, "-m", "drip.cli.main", "up"],
        env=bare | ports | environ, cwd=living.ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if " INFO supervisor " not in line]
    assert (done.returncode, len(said)) == (1, 1), done.stderr
    return said[0]


def _first(lines: list[str], words: str) -> int:
    return next(number for number, line in enumerate(lines) if words in line)


def children(drip: living.Living, role: str = "") -> list[int]:
    """Processes that the supervisor has started; with a role, those of this module."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            above = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if above == str(drip.process.pid) and (not role or role in words):
            found.append(int(folder.name))
    return found


def ids(drip: living.Living) -> list[str]:
    return [mail["custom_args"]["message_id"] for mail in drip.mails()]


def listens(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def business_time(drip: living.Living) -> datetime:
    return datetime.fromisoformat(json.loads(drip.drip("status", "--json"))["business_at"])


def until(holds: Callable[[], object]) -> None:
    """Wait; the time limit is for what never comes, not a measure."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
