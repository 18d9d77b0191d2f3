"""Which column of a shop's export says which of our words."""

import difflib
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drip.providers.sheets.text import SheetError

REQUIRED = ("email", "order_id", "purchased_at")

# Our word -> what shops call it, the best first; of several columns the first that is filled in counts.
# Seen in: Shopify's orders export, WooCommerce's order exports, and sheets kept by hand (peers' help pages).
ALIASES: dict[str, tuple[str, ...]] = {
    "email": ("email", "email address", "e-mail", "customer email", "billing email", "contact email", "mail"),
    "first_name": ("first name", "billing first name", "customer first name", "shipping first name", "given name"),
    "last_name": ("last name", "billing last name", "customer last name", "shipping last name", "surname"),
    "full_name": ("full name", "customer name", "billing name", "shipping name"),
    "order_id": ("order id", "order number", "order", "order no", "external id", "purchase id", "invoice number"),
    "purchased_at": ("purchased at", "purchase date", "purchased on", "created at", "date paid gmt", "date paid",
                     "paid at", "paid date", "date created gmt", "date created", "order date", "sold at", "date"),
    "delivered_at": ("delivered at", "delivery date", "delivered on", "fulfilled at", "date completed gmt",
                     "date completed", "completed date", "handover date"),
    "status": ("status", "financial status", "payment status", "order status"),
    "cancelled_at": ("cancelled at", "canceled at", "cancellation date"),
    "product_name": ("product name", "product", "lineitem name", "item name", "line item name", "item"),
    "sku": ("sku", "lineitem sku", "product sku", "item sku"),
    "category": ("category", "product category", "product type", "item category"),
    "amount": ("amount", "total", "order total", "total price", "line total", "price"),
    "currency": ("currency", "order currency", "currency code"),
    "rep_email": ("rep email", "rep", "salesperson", "sales rep", "salesperson email", "owner"),
    "timezone": ("timezone", "time zone", "customer timezone"),
    "country": ("country", "country code", "billing country", "billing country code", "shipping country"),
    "locale": ("locale", "customer locale", "language"),
    "promise": ("promise", "promised"),
    "promise_due_on": ("promise due on", "promise due", "promised for"),
    "source_updated_at": ("source updated at", "updated at", "modified at", "date modified gmt", "date modified"),
    "test": ("test", "is test", "test order"),
}  # fmt: skip

_SILENT = dict.fromkeys(ALIASES, "")
_SHOPIFY = {"financialstatus", "lineitemname"}
_UTC = "gmt"
Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """Where a word stands, and whether its times are UTC without saying so (WooCommerce's *_gmt)."""

    index: int
    is_utc: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of each of our words, the best first; `unused` are headers that say nothing to us.

    `best` takes the best cell for each word out of a row; `torn` are words with more columns than one.
    """

    columns: dict[str, tuple[Column, ...]]
    unused: tuple[str, ...]
    best: Callable[[Sequence[str]], tuple[str, ...]]
    torn: tuple[str, ...]

    def read(self, cells: Sequence[str]) -> dict[str, str]:
        """What a row says, by our words, "" for nothing: of several columns the first that is filled in."""
        said = _SILENT | dict(zip(self.columns, map(str.strip, self.best(cells)), strict=True))
        for word in self.torn:
            if not said[word]:
                found = (cells[column.index].strip() for column in self.columns[word])
                said[word] = next(filter(None, found), "")
        return said

    def is_utc(self, word: str, cells: Sequence[str]) -> bool:
        """Whether the column that this word was read from is known to be UTC."""
        found = self.columns[word]
        if word not in self.torn:
            return found[0].is_utc
        return next((column.is_utc for column in found if cells[column.index].strip()), False)

    def is_always_utc(self, word: str) -> bool | None:
        """The same where it does not depend on the row; None where it does."""
        kinds = {column.is_utc for column in self.columns.get(word, ())}
        return any(kinds) if len(kinds) < 2 else None

    def reader(self, words: Sequence[str]) -> Callable[[Sequence[Sequence[str]]], list[Texts]]:
        """What reads these words out of many rows, a column for each, several times as fast as `read`; blanks at the
        ends of cells stay."""
        places = [[column.index for column in self.columns.get(word, ())] for word in words]

        def columns(rows: Sequence[Sequence[str]]) -> list[Texts]:
            nothing = ("",) * len(rows)
            if not rows:
                return [nothing] * len(places)
            cells = list(zip(*rows, strict=False))  # some rows end in more blank cells than others
            return [_filled([cells[index] for index in found]) if found else nothing for found in places]

        return columns


def layout(header: Sequence[str]) -> Layout:
    """Find our words in a header; raises SheetError naming every required one that is missing."""
    there: dict[str, int] = {}
    for index, name in enumerate(header):
        there.setdefault(_plain(name), index)
    columns = {word: found for word in ALIASES if (found := _found(word, there))}
    used = {column.index for found in columns.values() for column in found}
    unused = tuple(name for index, name in enumerate(header) if index not in used and name.strip())
    missing = [word for word in REQUIRED if word not in columns]
    if missing:
        raise SheetError(_without(missing, unused, header))
    best = operator.itemgetter(*(found[0].index for found in columns.values()))
    return Layout(columns, unused, best, tuple(word for word, found in columns.items() if len(found) > 1))


def _filled(columns: Sequence[Texts]) -> Texts:
    """Of several columns the first that is filled in, row by row."""
    first, *others = columns
    for other in others:
        first = [cell if cell.strip() else spare for cell, spare in zip(first, other, strict=True)]
    return first


def _found(word: str, there: dict[str, int]) -> tuple[Column, ...]:
    names = [_plain(alias) for alias in ALIASES[word]]
    if _plain("name") in there and word == _meaning_of_name(there):
        names.append("name")
    return tuple(Column(there[name], name.endswith(_UTC)) for name in dict.fromkeys(names) if name in there)


def _meaning_of_name(there: dict[str, int]) -> str:
    """Shopify's `Name` is the number of the order ("#1001"); elsewhere it is the customer's."""
    has_order = any(_plain(alias) in there for alias in ALIASES["order_id"])
    return "order_id" if there.keys() & _SHOPIFY or not has_order else "full_name"


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _without(missing: Sequence[str], unused: Sequence[str], header: Sequence[str]) -> str:
    said = [f"{word}{_near(word, unused)}" for word in missing]
    shown = ", ".join(name for name in header if name.strip())
    return f"The header lacks {' and '.join(said)}. It names: {shown[:300]}"


def _near(word: str, unused: Sequence[str]) -> str:
    names = {_plain(name): name for name in unused}
    close = [near for alias in ALIASES[word] for near in difflib.get_close_matches(_plain(alias), names, 1, 0.75)]
    return f" (is it {names[close[0]]!r}?)" if close else ""
