"""IMPORT: a shop's sheet comes in, 500 purchases a transaction; good rows are kept, bad ones are reported."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from drip import db
from drip.engine.purchases import import_orders, intake
from drip.engine.purchases.compare import Status
from drip.engine.purchases.import_orders import Bad, Order, Skipped
from drip.engine.purchases.import_report import Report
from drip.providers.sheets import lines

DEFAULT_SOURCE = "import"  # the same by every door: a file that comes in by two of them is one set of purchases
BATCH = 500  # on SQLite everybody else waits while one writes
TAKEN = (Status.created, Status.updated, Status.unchanged)


@dataclass(frozen=True, slots=True)
class Source:
    """What to import: the file, the name of the shop, and how its dates read (see `dates.iso`)."""

    path: Path
    name: str = DEFAULT_SOURCE
    date_format: str | None = None


@dataclass(slots=True)
class Summary:
    """What became of the rows of one file. `skipped` by reason, `enrolled` by campaign, `notes` by their text."""

    purchases: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    enrolled: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    first_errors: list[tuple[int, str]] = field(default_factory=list)
    note: str = ""
    unused: tuple[str, ...] = ()

    @property
    def taken(self) -> int:
        return sum(self.purchases[status] for status in TAKEN)


def run(database: db.Database, source: Source, report: Path, *, key: bytes, progress: Callable[[int], None]) -> Summary:
    """Import a file. Owns its transactions, because a large file takes many; run again, it ends the same.

    `progress` hears how many bytes have been read. Raises SheetError where the file as a whole can't be used.
    """
    sheet = lines.opened(source.path, source.name, source.date_format)
    summary = Summary(note=sheet.table.note, unused=sheet.layout.unused)
    with Report(report, sheet.table) as refused, unhurried_collector():
        for batch in batches(import_orders.orders(lines.lines(sheet))):
            count(summary, batch, refused)
            _record(database, [each for each in batch if isinstance(each, Order)], summary, refused, key)
            progress(batch[-1].row.position)
    progress(sheet.table.size)
    return summary


@contextmanager
def unhurried_collector() -> Iterator[None]:
    """Python looks for cycles after every 700 new objects, and an import makes hundreds for each row, none in a
    cycle: looking rarely made imports 40 % faster (measured), at the same memory."""
    usual = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def batches(found: Iterable[Order | Bad | Skipped]) -> Iterator[list[Order | Bad | Skipped]]:
    """Up to BATCH at a time."""
    every = iter(found)
    while batch := list(islice(every, BATCH)):
        yield batch


def count(summary: Summary, batch: Iterable[Order | Bad | Skipped], refused: Report | None = None) -> None:
    """What of a batch never gets as far as the database."""
    for each in batch:
        if isinstance(each, Skipped):
            summary.skipped[each.reason] += 1
        elif isinstance(each, Bad):
            refuse(summary, refused, each)


def refuse(summary: Summary, refused: Report | None, bad: Bad) -> None:
    """A row for the report; the first few are shown as well."""
    summary.bad += 1
    if len(summary.first_errors) < 10:
        summary.first_errors.append((bad.row.number, bad.error))
    if refused:
        refused.add(bad.row, bad.error)


def _record(database: db.Database, orders: list[Order], summary: Summary, refused: Report, key: bytes) -> None:
    if not orders:
        return
    with database.write() as session:
        results = intake.record(session, [order.purchase for order in orders], key=key)
    for order, result in zip(orders, results, strict=True):
        summary.purchases[result.status] += 1
        summary.enrolled.update(result.enrolled)
        if result.status in TAKEN:
            summary.notes.update(filter(None, (order.note, result.detail)))
        else:
            refuse(summary, refused, Bad(order.row, result.detail))
