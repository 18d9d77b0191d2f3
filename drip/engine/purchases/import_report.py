"""The report of an import: rows that were not taken, as they came, with the reason; made only if there are any."""

import csv
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from drip.providers.sheets.text import Row, Table

# What spreadsheets take for a formula (OWASP, CSV injection), and the full-width forms of it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠", "｜")


class Report:
    """Writes beside its final place and moves there at the end: two imports of one file don't mix their lines."""

    def __init__(self, path: Path, table: Table) -> None:
        self.path, self.count = path, 0
        self._table = table
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
            os.replace(self._file.name, self.path)
        elif kind is None:
            with suppress(FileNotFoundError):
                self.path.unlink()

    def add(self, row: Row, error: str) -> None:
        """One row that was not taken."""
        self.count += 1
        if self._file is None:
            self._open()
        self._writer.writerow([row.number, error, *map(inert, row.cells)])

    def _open(self) -> None:
        self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115
            "w", encoding="utf-8-sig", errors="replace", newline="", dir=self.path.parent, suffix=".part", delete=False
        )
        self._writer = csv.writer(self._file)
        self._writer.writerow(["row", "error", *map(inert, self._table.header)])


def inert(cell: str) -> str:
    """The cell, such that a spreadsheet shows it and doesn't run it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
