"""A really started sandbox: its own process, port and folder."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

NOWHERE = "http://127.0.0.1:9"  # where its webhooks go: nobody listens on the discard port


@dataclass(frozen=True)
class Sandbox:
    """Where it listens, and what it has accepted."""

    port: int
    http: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def misbehave(self, mode: str | None, **wish: object) -> None:
        self.http.post("/api/misbehave", json={"mode": mode, **wish}).raise_for_status()

    def mails(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.http.get("/api/messages").json()
        return found

    def message_ids(self) -> list[str]:
        """Our ids of what was accepted, sorted; an id that stands here twice was sent twice."""
        return sorted(str(dict(mail["custom_args"])["message_id"]) for mail in self.mails())  # type: ignore[call-overload]

    def empty(self) -> None:
        """Well-behaved again, with nothing in it."""
        self.misbehave(None)
        self.http.delete("/api/messages").raise_for_status()


@contextmanager
def started(folder: Path) -> Iterator[Sandbox]:
    """Up when the block begins, gone when it ends."""
    port = free_port()
    command = [sys.executable, "-m", "drip.sandbox", "--port", str(port), "--data-dir", str(folder)]
    with (
        subprocess.Popen([*command, "--webhook-base", NOWHERE], env=dict(os.environ)) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http,
    ):
        try:
            _wait_until_up(http)
            yield Sandbox(port, http)
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(http: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if http.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise TimeoutError("The sandbox did not start.")
