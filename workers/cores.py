"""Which core of the machine a process runs on."""

import os
import random
import sys


def stay_on(core: int) -> None:
    """Keep all threads of this process on one core; ends it with one clear line where that cannot be.

    Python runs one thread at a time, and those of a send worker take turns some thousand times a second: on one core a
    turn costs a few microseconds, from core to core ten times as much (docs/performance.md).
    """
    if core not in (ours := within_reach()):
        sys.exit(f"Core {core} is not one that this process may use ({_listed(ours)}). Choose one of those.")
    os.sched_setaffinity(0, {core})


def arguments(core: int | None) -> list[str]:
    """How a worker is told."""
    return [] if core is None else ["--core", str(core)]


def shared_out(processes: int) -> list[int | None]:
    """A core for each of so many processes, where there are enough; other houses on this machine start elsewhere."""
    ours = within_reach()
    if not 1 <= processes <= len(ours) or len(ours) == 1:
        return [None] * processes
    first = random.randrange(len(ours))  # noqa: S311 - nobody gains from guessing it
    return [ours[(first + number) % len(ours)] for number in range(processes)]


def within_reach() -> list[int]:
    """The cores that this process may run on; none where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _listed(cores: list[int]) -> str:
    return ", ".join(map(str, cores)) or "this system lets nobody choose"
