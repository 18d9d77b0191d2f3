"""PLAIN ROWS: most rows of a sheet say nothing odd, and much that other rows said. Those are read column by column.

Each cell goes through the same readers as ever, and what was read once is remembered. A row that says anything odd is
left to the patient reading (import_orders), which has words for every mistake.
"""

import functools
import itertools
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, TypeVar

from drip.engine.purchases import purchase_fields as fields
from drip.engine.purchases import tuples
from drip.engine.purchases.purchase_in import CustomerIn, ProductIn, PromiseIn, PurchaseIn
from drip.models.purchase import PurchaseStatus
from drip.providers.sheets import dates, lines, money, statuses
from drip.providers.sheets.columns import Texts
from drip.providers.sheets.text import Row

MOST = 4_096  # meanings of one kind that are remembered
_WORDS = ("email", "first_name", "last_name", "full_name", "order_id", "purchased_at", "delivered_at", "status",
          "cancelled_at", "product_name", "sku", "category", "amount", "currency", "rep_email", "timezone", "country",
          "locale", "promise", "promise_due_on", "source_updated_at", "test")  # fmt: skip
_A_DAY, _ISO_DAY = "2000-01-01", re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ODD = ("cancelled_at", "test")  # words whose meaning hangs on other cells
_DATES = ("purchased_at", "delivered_at", "source_updated_at", "promise_due_on")
_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Plain(NamedTuple):
    """A purchase, the order as the sheet writes it, and what people should know."""

    order_id: str
    purchase: PurchaseIn
    note: str


class Remembered(dict[_K, _V]):
    """What was read once; all is forgotten when it grows large. What raises ValueError is not remembered."""

    def __init__(self, read: Callable[[_K], _V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, said: _K) -> _V:
        if len(self) >= MOST:
            self.clear()
        found = self[said] = self._read(said)
        return found


Reader = Callable[[Sequence[Row]], Sequence[Plain | None]]


def reader(sheet: lines.Sheet) -> Reader:
    """What reads some rows of this sheet at a time: a purchase for each, or None for a row that wants patience."""
    clocks = [sheet.layout.is_always_utc(word) for word in _DATES]
    try:
        source = fields.identifier(sheet.source, fields.SOURCE)
    except ValueError:
        return _patience
    if None in clocks:
        return _patience
    meanings = _Meanings(source, [_Moments(sheet.date_format, is_utc=bool(is_utc)) for is_utc in clocks])
    columns = sheet.layout.reader(_WORDS)

    def read(rows: Sequence[Row]) -> Sequence[Plain | None]:
        whole = [row.cells for row in rows if not row.problem]
        found = iter(meanings.plain(dict(zip(_WORDS, columns(whole), strict=True))))
        return list(found) if len(whole) == len(rows) else [None if row.problem else next(found) for row in rows]

    return read


def _patience(rows: Sequence[Row]) -> Sequence[None]:
    return [None] * len(rows)


class _Moments:
    """What times mean. Days come again, and so do times of day: ISO times are put together from the two."""

    def __init__(self, date_format: str | None, *, is_utc: bool) -> None:
        self._iso = functools.partial(dates.iso, date_format=date_format, is_utc=is_utc)
        self._whole = Remembered[str, datetime](lambda text: fields.moment(self._iso(text)))
        self._days = Remembered(self._day)
        self._clocks = Remembered(self._clock)

    def __call__(self, text: str) -> datetime:
        if len(text) > len(_A_DAY) and (day := self._days[text[:10]]):
            return datetime.combine(day, self._clocks[text[10:]])
        return self._whole[text]

    def if_any(self, text: str) -> datetime | None:
        """The same; nothing where nothing stands."""
        return self(text) if text else None

    def _day(self, text: str) -> date | None:
        return self._whole[text].date() if _ISO_DAY.fullmatch(text) else None

    def _clock(self, text: str) -> time:
        return self._whole[_A_DAY + text].timetz()


class _Columns:
    """The columns of some rows while they are read; `odd` are the places of rows that want patience."""

    def __init__(self, said: Mapping[str, Texts]) -> None:
        self.odd = {place for word in _ODD if any(said[word]) for place, text in enumerate(said[word]) if text}

    def read(self, how: Callable[[_K], _V], texts: Iterable[_K]) -> list[_V]:
        """What a column says; anything at all where a row is odd."""
        some = list(texts)
        try:
            return list(map(how, some))
        except ValueError:
            return [self._tried(how, text, place) for place, text in enumerate(some)]  # type: ignore[misc]

    def _tried(self, how: Callable[[_K], _V], text: _K, place: int) -> _V | None:
        try:
            return how(text)
        except ValueError:
            self.odd.add(place)
            return None


class _Meanings:
    """What the cells of one sheet mean, by what they say."""

    def __init__(self, source: str, moments: Sequence[_Moments]) -> None:
        self.source = source
        self.purchased, self.delivered, self.updated, due = moments
        self.status, self.name = Remembered(_status), Remembered(fields.name)
        self.zone, self.country, self.locale = map(Remembered, (_zone, _country, _locale))
        self.amount, self.currency = Remembered(_given(_amount)), Remembered(_given(fields.currency))
        self.product, self.rep, self.note = Remembered(_product), Remembered(_rep), Remembered(_note)
        self.promised = Remembered[tuple[str, str], tuple[PromiseIn, ...]](lambda said: _promises(*said, due))

    def plain(self, said: Mapping[str, Texts]) -> list[Plain | None]:
        """As `lines` understands rows, by the columns of their words."""
        columns = _Columns(said)
        orders = list(map(str.strip, said["order_id"]))
        purchases = tuples.of(
            PurchaseIn,
            itertools.repeat(self.source),
            columns.read(_order, orders),
            columns.read(self.purchased, said["purchased_at"]),
            columns.read(self.product.__getitem__, _products(said, orders)),
            self._customers(columns, said),
            columns.read(self.delivered.if_any, said["delivered_at"]),
            columns.read(self.status.__getitem__, said["status"]),
            columns.read(self.updated.if_any, said["source_updated_at"]),
            columns.read(self.amount.__getitem__, said["amount"]),
            columns.read(self.currency.__getitem__, said["currency"]),
            columns.read(self.rep.__getitem__, said["rep_email"]),
            columns.read(self.promised.__getitem__, zip(said["promise"], said["promise_due_on"], strict=True)),
        )
        found = tuples.of(Plain, orders, purchases, map(self.note.__getitem__, said["rep_email"]))
        if columns.odd:
            return [None if place in columns.odd else each for place, each in enumerate(found)]
        return list(found)

    def _customers(self, columns: _Columns, said: Mapping[str, Texts]) -> Iterable[CustomerIn]:
        first, last = _names(said)
        return tuples.of(
            CustomerIn,
            columns.read(fields.address, said["email"]),
            columns.read(self.name.__getitem__, first),
            columns.read(self.name.__getitem__, last),
            columns.read(self.zone.__getitem__, said["timezone"]),
            columns.read(self.country.__getitem__, said["country"]),
            columns.read(self.locale.__getitem__, said["locale"]),
        )


def _names(said: Mapping[str, Texts]) -> tuple[Texts, Texts]:
    """First and last names; a full name is cut where it first has a blank."""
    if not any(said["full_name"]):
        return said["first_name"], said["last_name"]
    named = zip(said["first_name"], said["last_name"], said["full_name"], strict=True)
    first, last = zip(*(_name(*each) for each in named), strict=True)
    return first, last


def _name(first: str, last: str, full: str) -> tuple[str, str]:
    if full and not (first.strip() or last.strip()):
        first, _, last = full.strip().partition(" ")
    return first, last


def _products(said: Mapping[str, Texts], orders: Texts) -> Iterator[tuple[str, str, str]]:
    names, skus = said["product_name"], said["sku"]
    if not all(names):
        told = zip(names, skus, orders, strict=True)
        names = [name or sku or f"order {order}" for name, sku, order in told]
    return zip(names, skus, said["category"], strict=True)


def _given(read: Callable[[str], _V]) -> Callable[[str], _V | None]:
    return lambda text: read(text.strip()) if text and not text.isspace() else None


def _status(text: str) -> PurchaseStatus:
    """What is no sale (yet) is no member of our list, and so a ValueError."""
    return PurchaseStatus(statuses.meaning(text.strip()))


def _amount(text: str) -> Decimal:
    return fields.money(money.plain(text))


def _product(said: tuple[str, str, str]) -> ProductIn:
    name, sku, category = said
    return ProductIn(fields.identifier(name, fields.PRODUCT), fields.code(sku), fields.code(category))


def _order(text: str) -> str:
    return fields.identifier(text, fields.ORDER)


_zone, _country, _locale = _given(fields.zone), _given(fields.country), _given(fields.locale)


def _rep(text: str) -> str | None:
    return fields.address(text) if "@" in text else None


def _note(text: str) -> str:
    return lines.rep_note(text.strip())


def _promises(text: str, due_on: str, moments: _Moments) -> tuple[PromiseIn, ...]:
    if not text:
        return ()
    return (PromiseIn(fields.identifier(text, fields.PROMISE), moments(due_on).date() if due_on else None),)
