"""The web process itself: it starts, it stops, and it says in one line why it cannot."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from drip import db
from drip.models.system import Heartbeat
from tests import world

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_in_use_is_one_clear_line_and_exit_code_1(
    published_world: db.Database, tmp_path: Path, taken_port: int
) -> None:
    process = _start(published_world, tmp_path, taken_port)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert (
        said.decode().splitlines()[-1].startswith(f"Cannot listen on 127.0.0.1:{taken_port}: address already in use.")
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_and_its_heartbeat_goes_with_it(
    published_world: db.Database, tmp_path: Path, number: signal.Signals
) -> None:
    port = _free_port()
    process = _start(published_world, tmp_path, port)
    line = process.stdout.readline() if process.stdout else b""
    assert b"web.started" in line
    assert _code(f"http://127.0.0.1:{port}/sign-in") == 200
    with published_world.read() as session:
        assert session.scalars(select(Heartbeat.role)).all() == ["web"]
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert b"Traceback" not in said
    with published_world.read() as session:
        assert session.scalars(select(Heartbeat.role)).all() == []


def _start(database: db.Database, folder: Path, port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "DRIP_CONFIG": str(world.HERE / "config.toml"),
        "DRIP_DATA_DIR": str(folder / "var"),
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
        "DRIP_SECRET_KEY": "a secret of the tests",
        "DRIP_WEB_PORT": str(port),
    }
    command = [sys.executable, "-m", "workers.web"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _code(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            code: int = answer.status
            return code
    except urllib.error.HTTPError as error:
        return error.code
