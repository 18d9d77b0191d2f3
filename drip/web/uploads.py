"""Uploaded files on their way in: each in a folder of its own in the data folder, with what is known of it."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from drip import clock, errors, tokens

MOST_BYTES = 100 * 1024 * 1024
KEPT = timedelta(days=7)
SILENT = timedelta(seconds=60)  # a step that says nothing for so long has been interrupted
_NAME = re.compile(r"[0-9a-z]{26}")


class TooLargeError(errors.DripError):
    """The file is larger than 100 MB. Split it, or use `drip import`, which takes files of any size."""


class Stage(StrEnum):
    """Where a file stands; a check writes nothing."""

    checking = "checking"
    checked = "checked"
    importing = "importing"
    done = "done"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found or an import did; `forecast`: check-ins by day (ISO dates); `problems`: the first bad rows."""

    counts: dict[str, int] = field(default_factory=dict)
    enrolled: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    forecast: list[tuple[str, int]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """One file: `name` is its folder's, `told_at` when something was last heard of it (real time)."""

    name: str
    file_name: str
    by: str
    source: str
    date_format: str
    told_at: datetime
    total_bytes: int
    done_bytes: int = 0
    stage: Stage = Stage.checking
    report: Report = field(default_factory=Report)
    trouble: str = ""

    @property
    def is_working(self) -> bool:
        return self.stage in (Stage.checking, Stage.importing)

    @property
    def is_interrupted(self) -> bool:
        return self.is_working and clock.now() - self.told_at > SILENT


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder of all uploads."""

    folder: Path

    def sheet(self, name: str) -> Path:
        """The file as it came."""
        return self.folder / name / "purchases.csv"

    def bad_rows(self, name: str) -> Path:
        """Its bad rows with what is wrong with each."""
        return self.folder / name / "errors.csv"

    def keep(self, stream: BinaryIO, upload: Upload) -> Upload:
        """Copy a file in, piece by piece; refuses more than 100 MB."""
        self._sweep()
        path = self.sheet(upload.name)
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        size = path.stat().st_size
        if size > MOST_BYTES:
            self.discard(upload.name)
            raise TooLargeError(str(TooLargeError.__doc__))
        return self.tell(replace(upload, total_bytes=size))

    def tell(self, upload: Upload) -> Upload:
        """Write down where it stands; readers see the old state or the new one, never half of it."""
        told = replace(upload, told_at=clock.now())
        path = self._state(upload.name)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(told), default=str))
        fresh.replace(path)
        return told

    def find(self, name: str) -> Upload | None:
        """One upload; None for a name that is none of ours, however it is spelt."""
        if not _NAME.fullmatch(name) or not self._state(name).exists():
            return None
        facts = json.loads(self._state(name).read_text())
        report = facts.pop("report") | {}
        report["forecast"] = [(day, number) for day, number in report["forecast"]]
        report["problems"] = [(row, said) for row, said in report["problems"]]
        told_at = datetime.fromisoformat(facts.pop("told_at"))
        return Upload(**facts | {"stage": Stage(facts["stage"])}, told_at=told_at, report=Report(**report))

    def recent(self) -> list[Upload]:
        """The newest first."""
        return [found for name in sorted(self._names(), reverse=True) if (found := self.find(name))]

    def discard(self, name: str) -> None:
        """Forget a file."""
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def _sweep(self) -> None:
        """What is older than a week has been imported or forgotten; it holds names and addresses."""
        for upload in self.recent():
            if clock.now() - upload.told_at > KEPT:
                self.discard(upload.name)

    def _state(self, name: str) -> Path:
        return self.folder / name / "state.json"

    def _names(self) -> Iterator[str]:
        if self.folder.exists():
            yield from (path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name))


def new(file_name: str, by: str, *, source: str, date_format: str) -> Upload:
    """A file about to come in."""
    shown = re.sub(r"[^\w .()+-]", "_", Path(file_name.replace("\\", "/")).name)[:120]
    return Upload(tokens.new_id(), shown or "purchases.csv", by, source, date_format, clock.now(), total_bytes=0)
