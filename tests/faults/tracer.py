"""Where a process has been, line by line, and how it dies at one of those lines."""

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WATCHED = (f"{ROOT}/drip/", f"{ROOT}/workers/")
_TOOL = 3  # one of the numbers that sys.monitoring leaves to anybody

OnLine = Callable[[str, int], None]


@dataclass(frozen=True, order=True)
class Point:
    """The moment before a line (file relative to the repository) is executed for the `visit`-th time."""

    file: str
    line: int
    visit: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" (visit {self.visit})" if self.visit > 1 else "")


def record() -> Counter[tuple[str, int]]:
    """From now on counts the visits of every line of drip/ and workers/, in all threads of this process."""
    seen: Counter[tuple[str, int]] = Counter()

    def note(path: str, line: int) -> None:
        seen[path.removeprefix(f"{ROOT}/"), line] += 1

    _watch(note, lambda path: path.startswith(WATCHED))
    return seen


def strike(point: Point) -> None:
    """This process dies by SIGKILL, whatever its threads are doing, when it reaches the point."""
    target = f"{ROOT}/{point.file}"
    left = [point.visit]

    def die(_path: str, line: int) -> None:
        if line == point.line:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    _watch(die, lambda path: path == target)


def points(seen: Counter[tuple[str, int]], visits: int = 1) -> list[Point]:
    """Every line with its first visits, in the order of files."""
    return sorted(
        Point(file, line, visit) for (file, line), count in seen.items() for visit in range(1, min(count, visits) + 1)
    )


def _watch(on_line: OnLine, wanted: Callable[[str], bool]) -> None:
    if sys.version_info >= (3, 12):
        _monitor(on_line, wanted)
    else:
        _trace(on_line, wanted)


def _trace(on_line: OnLine, wanted: Callable[[str], bool]) -> None:
    """Only frames of wanted files are followed line by line; all others cost one look."""
    known: dict[str, bool] = {}

    def inside(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            on_line(frame.f_code.co_filename, frame.f_lineno)
        return inside

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        path = frame.f_code.co_filename
        found = known.get(path)
        if found is None:
            found = known[path] = wanted(path)
        return inside if found else None

    threading.settrace(enter)
    sys.settrace(enter)


def _monitor(on_line: OnLine, wanted: Callable[[str], bool]) -> None:
    """The same, several times cheaper: a line of another file is switched off at its first visit."""
    monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]

    def line(code: CodeType, number: int) -> Any:
        if not wanted(code.co_filename):
            return monitoring.DISABLE
        return on_line(code.co_filename, number)

    monitoring.use_tool_id(_TOOL, "faults")
    monitoring.register_callback(_TOOL, monitoring.events.LINE, line)
    monitoring.set_events(_TOOL, monitoring.events.LINE)
