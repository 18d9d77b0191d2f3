"""Rows of a sheet as purchases in our words, not yet judged: the shape of POST /api/purchases, values still text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from drip.providers.sheets import columns, dates, money, statuses, text
from drip.providers.sheets.text import Row, Table

SheetError = text.SheetError


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be read, and what its columns mean."""

    table: Table
    layout: columns.Layout
    source: str
    date_format: str | None


class Line(NamedTuple):
    """One row: a purchase in our words; or problems, each with its field; or why it is passed over.

    `continues`: a further line of an order above it (no address, no date of its own).
    """

    row: Row
    order_id: str
    said: Mapping[str, object] = MappingProxyType({})
    problems: tuple[str, ...] = ()
    skip: str = ""
    note: str = ""
    continues: bool = False


def opened(path: Path, source: str, date_format: str | None = None) -> Sheet:
    """Look at a file's encoding, separator and header. Raises SheetError, with the way out."""
    table = text.opened(path)
    try:
        order = dates.known_format(date_format) if date_format else None
    except ValueError as error:
        raise SheetError(f"{error}.") from None
    return Sheet(table, columns.layout(table.header), source, order)


def lines(sheet: Sheet) -> Iterator[Line]:
    """Every row that is not blank, in order."""
    for row in text.rows(sheet.table):
        yield line(sheet, row)


def line(sheet: Sheet, row: Row) -> Line:
    """What one row says."""
    if row.problem:
        return Line(row, "", problems=(f"The row {row.problem}",))
    cells = _Cells(sheet, row)
    order_id = cells["order_id"]
    promise = cells["promise"]
    promises = [{"text": promise, "due_on": cells.date("promise_due_on")}] if promise else []
    if order_id and not cells["email"] and not cells["purchased_at"]:
        return Line(row, order_id, {"promises": promises}, tuple(cells.problems), continues=True)
    status = cells.read("status", statuses.meaning)
    if statuses.is_yes(cells["test"]):
        status = statuses.Skip.test
    if isinstance(status, statuses.Skip):
        return Line(row, order_id, skip=str(status))
    said = _purchase(cells, sheet.source) | {"promises": promises, "status": _final(cells, status)}
    return Line(row, order_id, said, tuple(cells.problems), note=rep_note(cells["rep_email"]))


def _final(cells: "_Cells", status: object) -> object:
    """Shopify keeps `paid` beside a date of cancellation."""
    is_cancelled = cells["cancelled_at"] and status == statuses.PAID
    return statuses.CANCELLED if is_cancelled else status or statuses.PAID


def rep_note(rep: str) -> str:
    """Columns called owner or salesperson mostly hold names, which we can't tell apart."""
    return f"{rep[:60]!r} is no address of a rep; the first rep stands in." if rep and "@" not in rep else ""


def _purchase(cells: "_Cells", source: str) -> dict[str, object]:
    order_id, sku, rep = cells["order_id"], cells["sku"], cells["rep_email"]
    return {
        "source": source,
        "external_id": order_id,
        "purchased_at": cells.date("purchased_at"),
        "delivered_at": cells.date("delivered_at"),
        "source_updated_at": cells.date("source_updated_at"),
        "product": {
            "name": cells["product_name"] or sku or f"order {order_id}",
            "sku": sku,
            "category": cells["category"],
        },
        "amount": cells.read("amount", money.plain),
        "currency": cells["currency"],
        "rep_email": rep if "@" in rep else "",
        "customer": _customer(cells),
    }


def _customer(cells: "_Cells") -> dict[str, object]:
    first, last = cells["first_name"], cells["last_name"]
    if not (first or last):
        first, _, last = cells["full_name"].partition(" ")
    return {
        "email": cells["email"],
        "first_name": first,
        "last_name": last.strip(),
        "timezone": cells["timezone"],
        "country": cells["country"],
        "locale": cells["locale"],
    }


class _Cells(dict[str, str]):
    """One row by our words; what cannot be read is collected, so that a person hears of everything at once."""

    def __init__(self, sheet: Sheet, row: Row) -> None:
        super().__init__(sheet.layout.read(row.cells))
        self.problems: list[str] = []
        self._sheet, self._row = sheet, row

    def date(self, word: str) -> str:
        text = self[word]
        if not text:
            return ""
        is_utc = self._sheet.layout.is_utc(word, self._row.cells)
        return self._tried(word, text, lambda found: dates.iso(found, self._sheet.date_format, is_utc=is_utc))

    def read(self, word: str, reader: Callable[[str], str]) -> str:
        text = self[word]
        return self._tried(word, text, reader) if text else ""

    def _tried(self, word: str, text: str, reader: Callable[[str], str]) -> str:
        try:
            return reader(text)
        except ValueError as error:
            self.problems.append(f"{word} {error}")
            return ""
