"""A CSV file as rows of cells: any usual encoding and separator, read line by line, never as a whole."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from drip import errors

LONGEST_LINE = 1_000_000
SEPARATORS = ",;\t"
_CHUNK = 1 << 20
_POSITION_EVERY = 128  # rows
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
NOT_UTF8 = "The file is not UTF-8; it was read as Windows-1252. If names look wrong, save it as UTF-8."


class SheetError(errors.DripError):
    """A file that cannot be read as a table of purchases; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read: how, how long it is, and its header. `note` is worth telling a person."""

    path: Path
    size: int
    encoding: str
    separator: str
    header: tuple[str, ...]
    note: str = ""


class Row(NamedTuple):
    """One row under the header; `number` counts as spreadsheets do, the header being 1. `position` is where in the
    file, in bytes and nearly: asking for it is a system call."""

    number: int
    cells: tuple[str, ...]
    position: int
    problem: str = ""


def opened(path: Path) -> Table:
    """Look at encoding, separator and header; raises SheetError."""
    if not path.is_file():
        raise SheetError(f"There is no file {path}.")
    size = path.stat().st_size
    encoding = _encoding(path)
    separator = _separator(path, encoding)
    table = Table(path, size, encoding, separator, (), NOT_UTF8 if encoding == "cp1252" else "")
    header = next((row.cells for row in _records(table) if any(map(str.strip, row.cells))), None)
    if header is None:
        raise SheetError(f"{path} is empty. Its first line must name the columns, such as email,order_id,purchased_at.")
    return replace(table, header=header)


def rows(table: Table) -> Iterator[Row]:
    """The rows under the header; blank ones are passed over, broken ones carry their problem."""
    records = (row for row in _records(table) if row.problem or any(map(str.strip, row.cells)))
    next(records, None)
    width = len(table.header)
    for row in records:
        extra = len(row.cells) > width and any(map(str.strip, row.cells[width:]))
        if not row.problem and (extra or len(row.cells) < width):
            cells = "1 cell" if len(row.cells) == 1 else f"{len(row.cells)} cells"
            said = f"has {cells} where the header has {width}; is a separator or a quote missing?"
            yield Row(row.number, row.cells, row.position, said)
        else:
            yield row


def _records(table: Table) -> Iterator[Row]:
    number = position = 0
    with table.path.open("rb") as binary, io.TextIOWrapper(binary, table.encoding, newline="") as file:
        reader = csv.reader(_lines(table, file), delimiter=table.separator)
        while True:
            try:
                for cells in reader:
                    number += 1
                    if number == 1 and _is_hint(cells):
                        number = 0
                        continue
                    if number % _POSITION_EVERY == 0:
                        position = binary.tell()
                    yield Row(number, tuple(cells), position)
                return
            except csv.Error as error:
                number += 1
                yield Row(number, (), position, f"cannot be read: {error}; is a quote left open?")


def _is_hint(cells: list[str]) -> bool:
    """Excel's first line `sep=;` names the separator, which splits the line itself."""
    return bool(cells) and cells[0].lower().startswith("sep=")


def _lines(table: Table, file: TextIO) -> Iterator[str]:
    try:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                said = f"a line of more than {LONGEST_LINE} characters; that is no CSV file"
                raise SheetError(f"{table.path} has {said}.")
            yield line
    except UnicodeError as error:
        raise SheetError(f"{table.path} cannot be read as {table.encoding}: {error}. Save it as UTF-8.") from None


def _encoding(path: Path) -> str:
    """By its mark; else UTF-8 if all of it is; else Windows-1252, which is what Excel writes in the West."""
    with path.open("rb") as file:
        start = file.read(4096)
        named = next((name for mark, name in _BOMS if start.startswith(mark)), None)
        if named:
            return named
        if start.startswith(_WORKBOOKS):
            raise SheetError(f"{path} is a workbook, not a CSV file. Save it as “CSV UTF-8” and import that.")
        if b"\0" in start.partition(b"\n")[0]:  # further down it spoils its own row only
            raise SheetError(f"{path} is not a text file. Export the purchases as CSV and import that.")
        file.seek(0)
        for encoding in ("utf-8", "cp1252"):
            if _decodes(file, encoding):
                return encoding
    raise SheetError(f"{path} is in an encoding that we don't know. Save it as UTF-8.")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _separator(path: Path, encoding: str) -> str:
    """The one that the first line has most of, outside quotes."""
    with path.open(encoding=encoding, errors="replace") as file:
        first = next((line for line in iter(lambda: file.readline(LONGEST_LINE), "") if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) > 4 and first[4] in SEPARATORS:
        return first[4]
    bare = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=bare.count)
