"""A whole Drip, alive in processes of its own: `drip up` on free ports, spoken to as a user would."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0


@dataclass(frozen=True)
class Living:
    """A running Drip: its environment, its log and its folder."""

    environ: dict[str, str]
    folder: Path
    process: subprocess.Popen[bytes]

    def drip(self, *arguments: str, timeout: float = 600) -> str:
        """Run one command of the command line and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "drip.cli.main", *arguments],
            env=self.environ, cwd=ROOT, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, f"drip {' '.join(arguments)}: {done.stdout}{done.stderr}\n{self.log()}"
        return done.stdout

    def mails(self) -> list[dict[str, Any]]:
        """Everything that the sandbox has accepted, oldest first."""
        url = f"http://127.0.0.1:{self.environ['DRIP_SANDBOX_PORT']}/api/messages?limit=100000"
        with urllib.request.urlopen(url) as answer:
            return json.load(answer)

    def pids(self, role: str) -> list[int]:
        """Processes of a role that say they live."""
        return json.loads(self.drip("status", "--json"))["pids"].get(role, [])

    def log(self) -> str:
        """The end of what the processes said."""
        return (self.folder / "log").read_text()[-4000:]

    def redis_url(self) -> str:
        return (self.folder / "var" / "redis-url").read_text()

    def broken_rows(self) -> frozenset[int]:
        """Numbers of the rows that the import of the example refused; the header is row 1."""
        with (self.folder / "var" / "example.errors.csv").open(encoding="utf-8-sig", newline="") as file:
            return frozenset(int(row["row"]) for row in csv.DictReader(file))


@contextmanager
def up(folder: Path, database_url: str, **environ: str) -> Iterator[Living]:
    """Start it, wait until the first check-ins are out, and end it as Ctrl-C does."""
    folder.mkdir(parents=True, exist_ok=True)
    told = os.environ | {
        "DRIP_DATA_DIR": str(folder / "var"), "DATABASE_URL": database_url,
        "DRIP_WEB_PORT": str(free_port()), "DRIP_SANDBOX_PORT": str(free_port()), **environ,
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        argv = [sys.executable, "-m", "drip.cli.main", "up"]
        process = subprocess.Popen(argv, env=told, cwd=ROOT, stdout=log, stderr=log)
    living = Living(told, folder, process)
    try:
        _wait(living)
        yield living
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def house() -> dict[str, Any]:
    """config.toml and campaigns/*.toml of the example, as TOML reads them."""
    read = tomllib.loads((ROOT / "config.toml").read_text())
    for path in sorted((ROOT / "campaigns").glob("*.toml")):
        read["campaigns"] |= tomllib.loads(path.read_text())["campaigns"]
    return read


def rows() -> list[dict[str, str]]:
    """The example's purchases, by column."""
    with (ROOT / "examples" / "purchases.csv").open(encoding="utf-8-sig", newline="") as file:
        return [{name: (cell or "").strip() for name, cell in row.items() if name} for row in csv.DictReader(file)]


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(living: Living) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C stops everything" not in living.log():
        assert living.process.poll() is None, living.log()
        assert time.monotonic() < deadline, living.log()
        time.sleep(0.1)
