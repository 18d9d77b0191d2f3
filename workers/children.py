"""Child processes of the supervisor: started, watched, started again, and ended with it."""

import ctypes
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drip import logs

GRACE_SECONDS = 60.0  # longer than a request may take (10 s to connect, 30 s to answer) and its settlement
CALM_SECONDS = 10.0  # a child that lived as long starts again at once
LONGEST_WAIT_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1

log = logging.getLogger("drip.supervisor")


@dataclass
class Child:
    """One process that must be there: how to start it, and how often it has fallen."""

    role: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    stdin: bytes | None = None
    quiet: bool = False  # it keeps a log of its own
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    falls: int = 0
    again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor, which ends it in order."""
        self.process = subprocess.Popen(  # noqa: S603 - our own programs
            self.argv,
            env=dict(self.environ),
            stdin=subprocess.PIPE if self.stdin else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if self.quiet else None,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        if self.stdin and self.process.stdin:
            self.process.stdin.write(self.stdin)
            self.process.stdin.close()
        self.started_at = time.monotonic()

    def watch(self) -> None:
        """Start it again when it has died: at once the first time, then with growing pauses."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if not self.again_at:
            self._fell(now)
        if now >= self.again_at:
            self.again_at = 0.0
            self.start()

    def _fell(self, now: float) -> None:
        assert self.process is not None
        self.falls = 0 if now - self.started_at > CALM_SECONDS else self.falls + 1
        wait = min(2.0 ** (self.falls - 1), LONGEST_WAIT_SECONDS) if self.falls else 0.0
        self.again_at = now + wait
        log.warning(logs.line("child.died", role=self.role, exit=self.process.returncode, again_in=f"{wait:.0f}s"))

    def stop(self) -> None:
        """Ask it to end, wait, then insist."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def module(name: str, *arguments: str) -> list[str]:
    """The command line of one of our own processes."""
    return [sys.executable, "-m", name, *arguments]


def _die_with_parent() -> None:
    """Linux: a supervisor that is killed takes its children along, so that none is left without a parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
