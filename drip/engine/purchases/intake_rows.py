"""Purchases between the wire and the table: what came as `Bought`, what is kept as rows."""

import functools
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, bindparam, select, update
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.purchases import tuples
from drip.engine.purchases.compare import NO_PROMISES, NOT_FLOATING, Bought
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.models import bulk, fixed, purchase
from drip.models.purchase import Promise, PromiseState, Purchase, SourceKey
from drip.models.rep import Rep

_PLAIN = Bought._fields[: Bought._fields.index("promises")]  # the columns of a purchase that shops know of
_MACHINES = itertools.repeat(UTC)  # the zone of their clocks


class Call(NamedTuple):
    """What holds for all purchases of one call: the rules, the business time, and which reps they name are ours."""

    rules: published.Rules
    now: datetime
    reps: frozenset[str]


def bought(came: PurchaseIn, customer_id: int, zone: ZoneInfo, now: datetime) -> Bought:
    """What came, as it is kept."""
    return next(all_bought([came], [customer_id], [zone], now))


def all_bought(
    came: Sequence[PurchaseIn], customer_ids: Iterable[int], zones: Sequence[ZoneInfo], now: datetime
) -> Iterator[Bought]:
    """The same for some, column by column, which costs a third. Instants are in UTC: without an offset, sale and
    delivery are on the customer's wall clock; machines' stamps are UTC."""
    told = zip(*came, strict=True)
    _, _, sold, products, _, delivered, status, stamps, amount, currency, reps, promises, consents = told
    names, skus, categories = zip(*products, strict=True)
    return tuples.of(
        Bought,
        customer_ids,
        map(_utc, sold, zones),
        status,
        names,
        itertools.repeat(now),
        map(_utc_if_any, delivered, zones),
        map(_utc_if_any, stamps, _MACHINES),
        skus,
        categories,
        amount,
        currency,
        reps,
        [consent and consent.basis for consent in consents],
        [consent and consent.at and _utc(consent.at, UTC) for consent in consents],
        [dict(each) if each else NO_PROMISES for each in promises],
        map(_floating, sold, delivered),
    )


def _floating(sold: datetime, delivered: datetime | None) -> Mapping[str, datetime]:
    if sold.tzinfo and (delivered is None or delivered.tzinfo):
        return NOT_FLOATING
    floating = {} if sold.tzinfo else {"purchased_at": sold}
    if delivered is not None and delivered.tzinfo is None:
        floating["delivered_at"] = delivered
    return floating


def kept(session: Session, keys: Iterable[SourceKey]) -> tuple[dict[SourceKey, Bought], dict[SourceKey, int]]:
    """Those that we know already, and their ids; the caller holds their customers' locks."""
    rows = purchase.by_key(session, keys)
    promised = purchase.promised(session, [row["id"] for row in rows.values()]) if rows else {}
    ids = {key: row["id"] for key, row in rows.items()}
    return {key: _kept(row, promised.get(row["id"], {})) for key, row in rows.items()}, ids


def create(session: Session, new: Mapping[SourceKey, Bought], now: datetime) -> dict[SourceKey, int]:
    """Write new purchases; the ids of those that nobody else wrote first. In the order of their keys (no rings)."""
    rows = [key + _values(new[key]) for key in sorted(new)]
    same = {"version": 1, "created_at": now, "updated_at": now}
    listed = bulk.listed(Purchase, ("source", "external_id", *_PLAIN), rows, same)
    written = bulk.insert_told(session, listed, by=("source", "external_id"))
    found = cast(dict[SourceKey, int], written)
    if len(found) == len(new):
        return found
    there = purchase.ids(session, new.keys() - found.keys())
    return found | {key: row["id"] for key, row in there.items() if row["customer_id"] == new[key].customer_id}


def change(session: Session, changed: Mapping[int, Bought], now: datetime, *, is_news: bool) -> None:
    """Write purchases by id; without news only the stamp of the source has moved, and versions stay."""
    rows = [
        {"key": purchase_id, "at": now, "step": int(is_news)}
        | dict(zip(_NEW, _values(changed[purchase_id]), strict=True))
        for purchase_id in sorted(changed)
    ]
    if rows:
        session.connection().execute(_CHANGED, rows)


def promise(session: Session, told: Mapping[int, Mapping[str, date | None]], now: datetime) -> None:
    """Write promises of purchases by id; one that is known gets its new date. States stay as they are."""
    bulk.upsert(session, _promises(told, now), key=("purchase_id", "text"), news=("due_on", "changed_at"))


def promise_first(session: Session, told: Mapping[int, Mapping[str, date | None]], now: datetime) -> None:
    """Write the promises of purchases that are new."""
    bulk.insert_new(session, _promises(told, now))


def _promises(told: Mapping[int, Mapping[str, date | None]], now: datetime) -> bulk.Rows:
    each = [
        (purchase_id, text, due_on)
        for purchase_id in sorted(told)
        for text, due_on in sorted(told[purchase_id].items())
    ]
    same = {"state": PromiseState.open, "changed_at": now}
    return bulk.listed(Promise, ("purchase_id", "text", "due_on"), each, same)


def our_reps(session: Session, named: Collection[str | None]) -> frozenset[str]:
    """Those of these addresses that are a rep's of ours."""
    emails = [email for email in named if email]
    return frozenset(fixed.run(session, _REPS, emails=emails).scalars()) if emails else frozenset()


_REPS = select(Rep.email).where(fixed.among(Rep.email, "emails"))


def _utc_if_any(at: datetime | None, zone: tzinfo) -> datetime | None:
    return at and _utc(at, zone)


def _utc(at: datetime, zone: tzinfo) -> datetime:
    """PEP 495, fold=0: a time that the clocks skip moves forward; of one that comes twice, the first is meant."""
    return at.astimezone(UTC) if at.tzinfo else _off_the_wall(at, zone)


@functools.lru_cache(maxsize=16_384)
def _off_the_wall(at: datetime, zone: tzinfo) -> datetime:
    """Remembered: a sheet of dates says the same few hundred noons again and again."""
    return at.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _kept(row: RowMapping, promises: Mapping[str, date | None]) -> Bought:
    return Bought(**{name: row[name] for name in _PLAIN}, promises=promises)


def _values(bought: Bought) -> tuple[object, ...]:
    return bought[: len(_PLAIN)]


_NEW = [f"new_{name}" for name in _PLAIN]
_purchases = Purchase.__table__
_CHANGED = (
    update(_purchases)  # type: ignore[arg-type]
    .where(_purchases.c.id == bindparam("key"))
    .values(
        {name: bindparam(f"new_{name}") for name in _PLAIN}
        | {"version": _purchases.c.version + bindparam("step"), "updated_at": bindparam("at")}
    )
)
