"""IMPORT: a shop's sheet comes in, many purchases a transaction; good rows are kept, bad ones reported."""

import gc
import itertools
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from drip import db
from drip.engine.purchases import import_orders, intake_batch
from drip.engine.purchases.compare import Status
from drip.engine.purchases.import_orders import Bad, Order, Skipped
from drip.engine.purchases.import_report import Report
from drip.engine.purchases.intake import Recorded
from drip.providers.sheets import lines

DEFAULT_SOURCE = "import"  # the same by every door: a file that comes in by two of them is one set of purchases
ONLY_HEADER = "the file has only a header"
TAKEN = (Status.created, Status.updated, Status.unchanged)


@dataclass(frozen=True, slots=True)
class Source:
    """What to import: the file, the name of the shop, and how its dates read (see `dates.iso`)."""

    path: Path
    name: str = DEFAULT_SOURCE
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How many orders make a batch, and how many batches are recorded at once."""

    orders: int
    at_once: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Orders that are recorded together, and the rows beside them that never get that far. `holds`: these orders and
    their buyers, of which no other batch under way may have one."""

    orders: list[Order]
    beside: list[Bad | Skipped]
    holds: frozenset[str]
    position: int


ALONE = Pace(500, 1)  # on SQLite everybody else waits while one writes
TOGETHER = Pace(2_000, 4)  # on PostgreSQL: while its server works on some, we work on another


@dataclass(slots=True)
class Summary:
    """What became of the rows of one file. `further` rows are of an order that stands above; `skipped` by reason,
    `enrolled` by campaign, `notes` by their text."""

    purchases: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    enrolled: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    further: int = 0
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
    with (
        Report(report, sheet.table) as refused,
        unhurried_collector(),
        closing(_recorded(database, sheet, key)) as recorded,
    ):
        for batch, results in recorded:
            count(summary, batch, refused)
            _count_recorded(summary, zip(batch.orders, results, strict=True), refused)
            progress(batch.position)
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


def pace(database: db.Database) -> Pace:
    """What suits this database best (measured)."""
    return ALONE if database.is_sqlite else TOGETHER


def batches(sheet: lines.Sheet, size: int) -> Iterator[Batch]:
    """What a sheet holds, up to `size` at a time."""
    found = import_orders.orders(sheet)
    while some := list(itertools.islice(found, size)):
        orders = [each for each in some if isinstance(each, Order)]
        beside = [each for each in some if not isinstance(each, Order)] if len(orders) < len(some) else []
        holds = frozenset(itertools.chain.from_iterable(map(_holds, orders)))
        yield Batch(orders, beside, holds, some[-1].row.position)


def _holds(order: Order) -> tuple[str, str]:
    _, external_id, _, _, customer, *_ = order.purchase
    return external_id, customer.email


def count(summary: Summary, batch: Batch, refused: Report | None = None) -> None:
    """What of a batch never gets as far as the database."""
    summary.further += sum([order.further for order in batch.orders])
    for each in batch.beside:
        if isinstance(each, Skipped):
            summary.skipped[each.reason] += 1
        else:
            refuse(summary, refused, each)


def refuse(summary: Summary, refused: Report | None, bad: Bad) -> None:
    """A row for the report; the first few are shown as well."""
    summary.bad += 1
    if len(summary.first_errors) < 10:
        summary.first_errors.append((bad.row.number, bad.error))
    if refused:
        refused.add(bad.row, bad.error)


def _recorded(
    database: db.Database, sheet: lines.Sheet, key: bytes
) -> Generator[tuple[Batch, list[Recorded]], None, None]:
    """Each batch, in their order, with what became of its orders.

    It ends as if they were recorded one after the other: those that share an order or a customer are.
    """
    how, under_way = pace(database), deque[tuple[Batch, Future[list[Recorded]]]]()
    with ThreadPoolExecutor(how.at_once, thread_name_prefix="recorder") as pool:
        for batch in batches(sheet, how.orders):
            while not all(batch.holds.isdisjoint(other.holds) for other, _ in under_way):
                yield _done(*under_way.popleft())
            under_way.append((batch, pool.submit(_record, database, batch, key)))
            if len(under_way) == how.at_once:
                yield _done(*under_way.popleft())
        for last in under_way:
            yield _done(*last)


def _record(database: db.Database, batch: Batch, key: bytes) -> list[Recorded]:
    return intake_batch.record(database, [order.purchase for order in batch.orders], key=key)


def _done(batch: Batch, results: Future[list[Recorded]]) -> tuple[Batch, list[Recorded]]:
    return batch, results.result()


def _count_recorded(summary: Summary, results: Iterable[tuple[Order, Recorded]], refused: Report) -> None:
    for order, result in results:
        summary.purchases[result.status] += 1
        for campaign in result.enrolled:
            summary.enrolled[campaign] += 1
        if result.status not in TAKEN:
            refuse(summary, refused, Bad(order.row, result.detail))
        elif order.note or result.detail:
            summary.notes.update(filter(None, (order.note, result.detail)))
