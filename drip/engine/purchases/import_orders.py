"""Lines of a sheet become purchases: several lines of one order are one purchase, each mistake is said."""

import itertools
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from drip.engine.purchases import import_plain, purchase_in
from drip.engine.purchases.import_plain import Plain
from drip.engine.purchases.purchase_in import InvalidPurchaseError, PurchaseIn
from drip.models.purchase import PurchaseStatus
from drip.providers.sheets import lines, text
from drip.providers.sheets.lines import Line
from drip.providers.sheets.text import Row

AT_ONCE = 250  # rows; more columns of them than a core's cache holds read no faster
APART = 3_000  # orders; a line that comes later than that starts a purchase of its own
MOST = purchase_in.MOST_PROMISES


class Order(NamedTuple):
    """A purchase and the row that it stands in; `further`: how many rows below it are of the same order."""

    row: Row
    purchase: PurchaseIn
    note: str = ""
    further: int = 0


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be taken as it is, and why."""

    row: Row
    error: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no purchase: unpaid, a test, a draft."""

    row: Row
    reason: str


def orders(sheet: lines.Sheet) -> Iterator[Order | Bad | Skipped]:
    """The facts of an order are those of its first good line; its promises are those of all its lines."""
    waiting = OrderedDict[str, Order]()
    for row, found in _plainly(sheet):
        order_id, heard = _placed(row, found, waiting) if found else _heard(lines.line(sheet, row), waiting)
        if isinstance(heard, Order):
            waiting[order_id] = heard
            if len(waiting) > APART:
                yield waiting.popitem(last=False)[1]
        elif heard is not None:
            yield heard
    yield from waiting.values()


def _plainly(sheet: lines.Sheet) -> Iterator[tuple[Row, Plain | None]]:
    """Every row with what it says, where that is nothing odd."""
    read, rows = import_plain.reader(sheet), text.rows(sheet.table)
    while some := list(itertools.islice(rows, AT_ONCE)):
        yield from zip(some, read(some), strict=True)


def _placed(row: Row, plain: Plain, waiting: Mapping[str, Order]) -> tuple[str, Order | Bad]:
    order_id, purchase, note = plain
    above = waiting.get(order_id)
    return order_id, Order(row, purchase, note) if above is None else _joined(above, row, order_id, purchase)


def _heard(line: Line, waiting: Mapping[str, Order]) -> tuple[str, Order | Bad | Skipped | None]:
    return line.order_id, understood(line, waiting.get(line.order_id))


def understood(line: Line, above: Order | None) -> Order | Bad | Skipped:
    """The patient reading: everything that is wrong is said."""
    if line.skip:
        return Skipped(line.row, line.skip)
    if line.row.problem:
        return Bad(line.row, "; ".join(line.problems))
    try:
        if line.continues and above is None:
            return Bad(
                line.row, f"email and purchased_at are missing; no good line above is of order {line.order_id!r}"
            )
        if line.continues and above is not None:
            return _continued(above, line)
        purchase = _purchase(line)
    except InvalidPurchaseError as error:
        return Bad(line.row, str(error))
    if above is None:
        return Order(line.row, purchase, line.note)
    return _joined(above, line.row, line.order_id, purchase)


def _purchase(line: Line) -> PurchaseIn:
    """Everything that is wrong with the line at once, the sheet's own findings first."""
    try:
        purchase = purchase_in.parse(line.said)
    except InvalidPurchaseError as error:
        unread = {problem.split(" ", 1)[0] for problem in line.problems}
        found = tuple(each for each in error.problems if _column(each.field) not in unread)
        raise InvalidPurchaseError((*_own(line), *(_renamed(each) for each in found))) from None
    if line.problems:
        raise InvalidPurchaseError(tuple(_own(line)))
    return purchase


def _own(line: Line) -> Iterator[purchase_in.FieldError]:
    for problem in line.problems:
        yield purchase_in.FieldError("", problem)


def _renamed(found: purchase_in.FieldError) -> purchase_in.FieldError:
    return purchase_in.FieldError(_column(found.field), found.message)


def _column(field: str) -> str:
    """The people who read this know their columns, not our JSON."""
    name = {"external_id": "order_id", "product.name": "product_name"}.get(field, field)
    if name.startswith("promises."):
        return "promise_due_on" if name.endswith("due_on") else "promise"
    return name.rpartition(".")[2]


def _continued(above: Order, line: Line) -> Order | Bad:
    """A line that repeats neither address nor date borrows them, so that its promise is judged like any other."""
    if line.problems:
        return Bad(line.row, "; ".join(line.problems))
    told = above.purchase
    said = {"source": told.source, "external_id": told.external_id, "purchased_at": told.purchased_at}
    known = {"product": {"name": told.product.name}, "customer": {"email": told.customer.email}}
    return _joined(above, line.row, line.order_id, purchase_in.parse({**said, **known, **line.said}))


def _joined(above: Order, row: Row, order_id: str, purchase: PurchaseIn) -> Order | Bad:
    first = above.purchase
    if purchase.customer.email != first.customer.email:
        return Bad(row, f"order {order_id!r} stands with another address in row {above.row.number}")
    if clash := _clash(above, purchase):
        return Bad(row, f"order {order_id!r} {clash}")
    known = {promise.text for promise in first.promises}
    promises = (*first.promises, *(each for each in purchase.promises if each.text not in known))
    if len(promises) > MOST:
        return Bad(row, f"order {order_id!r} has more than {MOST} promises")
    status = purchase.status if _is_stopped(purchase, first) else first.status
    return above._replace(
        purchase=first._replace(promises=promises, status=status),
        further=above.further + 1,
    )


def _clash(above: Order, purchase: PurchaseIn) -> str:
    """The very same product for another amount; a refund of it may well be of another amount."""
    first = above.purchase
    if purchase.amount is None or first.amount in (None, purchase.amount):
        return ""
    if not _is_same(purchase, first) or _is_stopped(purchase, first):
        return ""
    return f"stands with amount {first.amount} in row {above.row.number}, which counts, and with {purchase.amount} here"


def _is_stopped(purchase: PurchaseIn, first: PurchaseIn) -> bool:
    """A later line may say that the very same product came back; another product of the order may not."""
    return _is_same(purchase, first) and purchase.status is not PurchaseStatus.paid


def _is_same(purchase: PurchaseIn, first: PurchaseIn) -> bool:
    return purchase.product.name == first.product.name and purchase.product.sku == first.product.sku
