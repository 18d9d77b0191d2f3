"""A process of our own that works on hostile bytes, and is killed when it takes too much."""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import struct
import subprocess
import sys
import threading

from drip import clock
from drip.errors import DripError

HEADER = struct.Struct(">Q")
# A killed child is replaced once for a request: it may have died of the mail before this one.
LARGEST_ANSWER = 64_000_000


class Breach(DripError):
    """The child needed more time or memory than it was given."""


class Child:
    """`python -m module`, started at the first question and kept; one question at a time, any thread may ask."""

    def __init__(self, module: str, *, seconds: float, megabytes: int) -> None:
        self.command = [sys.executable, "-m", module, str(seconds), str(megabytes)]
        self.seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.close)

    def ask(self, question: bytes) -> bytes:
        """The child's answer. Raises Breach if none came in time; the next question gets a new child."""
        with self._lock:
            process = self._running()
            try:
                return _exchange(process, question, clock.monotonic() + self.seconds)
            except (Breach, OSError) as trouble:
                self._end()
                raise trouble if isinstance(trouble, Breach) else Breach("it ended too soon.") from trouble

    def close(self) -> None:
        """End the child, if this process started it."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._end()
            # The parent's secrets stand in its environment: the child gets none of it.
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            self._owner = os.getpid()
            _read_exactly(self._process, HEADER.size, clock.monotonic() + 30)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if self._owner == os.getpid():
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close() if pipe else None


def _exchange(process: subprocess.Popen[bytes], question: bytes, deadline: float) -> bytes:
    _write(process, HEADER.pack(len(question)) + question, deadline)
    (size,) = HEADER.unpack(_read_exactly(process, HEADER.size, deadline))
    if size > LARGEST_ANSWER:
        raise Breach("its answer is too large.")
    return _read_exactly(process, size, deadline)


def _write(process: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    pipe = process.stdin
    if pipe is None:
        raise Breach("it has no pipe.")
    os.set_blocking(pipe.fileno(), False)
    rest = memoryview(data)
    while rest:
        _wait(pipe.fileno(), selectors.EVENT_WRITE, deadline)
        rest = rest[os.write(pipe.fileno(), rest[:65_536]) :]


def _read_exactly(process: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
    pipe = process.stdout
    if pipe is None:
        raise Breach("it has no pipe.")
    got = bytearray()
    while len(got) < size:
        _wait(pipe.fileno(), selectors.EVENT_READ, deadline)
        piece = os.read(pipe.fileno(), min(size - len(got), 1_000_000))
        if not piece:
            raise Breach("it needed more memory or time than it may have.")
        got += piece
    return bytes(got)


def _wait(file: int, event: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(file, event)
        if not selector.select(max(0.0, deadline - clock.monotonic())):
            raise Breach("it took too long.")
