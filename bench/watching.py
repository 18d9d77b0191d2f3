"""What a run takes meanwhile: memory of each process, CPU, Redis and its jobs, read from outside."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from drip import queues
from workers import children

EVERY_SECONDS = 0.25


@dataclass
class Redis:
    """Bytes in use and RQ jobs kept: before, at most, and after."""

    memory: list[int] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)

    def look(self, redis: queues.Connection) -> None:
        self.memory.append(int(redis.info("memory")["used_memory"]))  # type: ignore[index]
        self.jobs.append(sum(1 for _ in redis.scan_iter("rq:job:*", count=1000)))


class Watch:
    """Looks four times a second from `start` until `stop`."""

    def __init__(self, redis: queues.Connection) -> None:
        self._redis = redis
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.redis = Redis()
        self.redis.look(redis)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self.redis.look(self._redis)

    def _look_on(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            self.redis.look(self._redis)


def peak_megabytes(child: children.Child) -> float:
    """The most that this process has ever held in memory."""
    assert child.process is not None
    lines = Path(f"/proc/{child.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def cpu_seconds(child: children.Child) -> float:
    """User and system time that this process has used."""
    assert child.process is not None
    fields = Path(f"/proc/{child.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
