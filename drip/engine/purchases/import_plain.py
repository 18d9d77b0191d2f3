"""PLAIN ROWS: most rows of a sheet say nothing odd, and much that other rows said. Those are read in one go.

Each cell goes through the same readers as ever, and what was read once is remembered. A row that says anything odd is
left to the patient reading (import_orders), which has words for every mistake.
"""

import functools
import re
from collections.abc import Callable, Hashable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, TypeVar

from drip.engine.purchases import purchase_fields as fields
from drip.engine.purchases.purchase_in import CustomerIn, ProductIn, PromiseIn, PurchaseIn
from drip.models.purchase import PurchaseStatus
from drip.providers.sheets import dates, lines, money, statuses

MOST = 4_096  # meanings of one kind that are remembered
_WORDS = ("email", "first_name", "last_name", "full_name", "order_id", "purchased_at", "delivered_at", "status",
          "cancelled_at", "product_name", "sku", "category", "amount", "currency", "rep_email", "timezone", "country",
          "locale", "promise", "promise_due_on", "source_updated_at", "test")  # fmt: skip
_A_DAY, _ISO_DAY = "2000-01-01", re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
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


def reader(sheet: lines.Sheet) -> Callable[[Sequence[str]], Plain | None]:
    """What reads the cells of this sheet's rows: a purchase, or None for a row that wants patience."""
    clocks = [sheet.layout.is_always_utc(word) for word in _DATES]
    try:
        source = fields.identifier(sheet.source, fields.SOURCE)
    except ValueError:
        return _patience
    if None in clocks:
        return _patience
    meanings = _Meanings(source, [_Moments(sheet.date_format, is_utc=bool(is_utc)) for is_utc in clocks])
    said = sheet.layout.reader(_WORDS)

    def read(cells: Sequence[str]) -> Plain | None:
        try:
            return meanings.plain(*said(cells))
        except ValueError:
            return None

    return read


def _patience(_: Sequence[str]) -> None:
    return None


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

    def _day(self, text: str) -> date | None:
        return self._whole[text].date() if _ISO_DAY.fullmatch(text) else None

    def _clock(self, text: str) -> time:
        return self._whole[_A_DAY + text].timetz()


class _Meanings:
    """What the cells of one sheet mean, by what they say."""

    def __init__(self, source: str, moments: Sequence[_Moments]) -> None:
        self.source = source
        self.purchased, self.delivered, self.updated, due = moments
        self.status, self.name = Remembered(_status), Remembered(fields.name)
        self.amount, self.currency = Remembered(_given(_amount)), Remembered(_given(fields.currency))
        self.product, self.place, self.rep = Remembered(_product), Remembered(_place), Remembered(_rep)
        self.promised = Remembered[tuple[str, str], tuple[PromiseIn, ...]](lambda said: _promises(*said, due))

    def plain(  # noqa: PLR0913  # a sheet's words, in the order of _WORDS
        self, email: str, first: str, last: str, full: str, order_id: str, purchased: str, delivered: str, status: str,
        cancelled: str, product: str, sku: str, category: str, amount: str, currency: str, rep: str, timezone: str,
        country: str, locale: str, promise: str, due: str, updated: str, test: str,
    ) -> Plain | None:  # fmt: skip
        """As `lines` understands a row; ValueError where something cannot be read."""
        if cancelled or test:
            return None
        if full and not (first.strip() or last.strip()):
            first, _, last = full.strip().partition(" ")
        order_id = order_id.strip()
        rep_email, note = self.rep[rep]
        came = PurchaseIn(
            self.source,
            fields.identifier(order_id, fields.ORDER),
            self.purchased(purchased),
            self.product[product or sku or f"order {order_id}", sku, category],
            CustomerIn(
                fields.address(email), self.name[first], self.name[last], *self.place[timezone, country, locale]
            ),
            self.delivered(delivered) if delivered else None,
            self.status[status],
            self.updated(updated) if updated else None,
            self.amount[amount],
            self.currency[currency],
            rep_email,
            self.promised[promise, due] if promise else (),
        )
        return Plain(order_id, came, note)


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


def _place(said: tuple[str, str, str]) -> tuple[str | None, str | None, str | None]:
    timezone, country, locale = said
    return _zone(timezone), _country(country), _locale(locale)


_zone, _country, _locale = _given(fields.zone), _given(fields.country), _given(fields.locale)


def _rep(text: str) -> tuple[str | None, str]:
    rep = text.strip()
    return (fields.address(rep) if "@" in rep else None, lines.rep_note(rep))


def _promises(text: str, due_on: str, moments: _Moments) -> tuple[PromiseIn, ...]:
    return (PromiseIn(fields.identifier(text, fields.PROMISE), moments(due_on).date() if due_on else None),)
