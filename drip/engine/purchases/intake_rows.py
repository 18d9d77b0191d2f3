"""Purchases between the wire and the table: what came as `Bought`, what is kept as rows."""

import operator
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, bindparam, select, update
from sqlalchemy.orm import Session

from drip.engine.purchases.compare import Bought
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.models import bulk, purchase
from drip.models.purchase import Promise, PromiseState, Purchase, SourceKey
from drip.models.rep import Rep

_PLAIN = ("customer_id", "purchased_at", "status", "status_at", "delivered_at", "source_updated_at", "product_name",
          "sku", "category", "amount", "currency", "rep_email", "consent_basis", "consent_at")  # fmt: skip
_plain_values = operator.attrgetter(*_PLAIN)


def bought(came: PurchaseIn, customer_id: int, zone: ZoneInfo, now: datetime) -> Bought:
    """What came, with its instants in UTC. Without an offset, sale and delivery are on the customer's wall clock;
    machines' stamps are UTC."""
    return Bought(
        customer_id=customer_id,
        purchased_at=_utc(came.purchased_at, zone),
        status=came.status,
        status_at=now,
        delivered_at=came.delivered_at and _utc(came.delivered_at, zone),
        source_updated_at=stamp(came),
        product_name=came.product.name,
        sku=came.product.sku,
        category=came.product.category,
        amount=came.amount,
        currency=came.currency,
        rep_email=came.rep_email,
        consent_basis=came.consent.basis if came.consent else None,
        consent_at=came.consent.at and _utc(came.consent.at, UTC) if came.consent else None,
        promises={each.text: each.due_on for each in came.promises} if came.promises else {},
        floating=_floating(came),
    )


def _floating(came: PurchaseIn) -> dict[str, datetime]:
    told = (("purchased_at", came.purchased_at), ("delivered_at", came.delivered_at))
    return {name: at for name, at in told if at is not None and at.tzinfo is None}


def stamp(came: PurchaseIn) -> datetime | None:
    """When the shop last changed this purchase."""
    return came.source_updated_at and _utc(came.source_updated_at, UTC)


def kept(session: Session, keys: Iterable[SourceKey]) -> tuple[dict[SourceKey, Bought], dict[SourceKey, int]]:
    """Those that we know already, and their ids; the caller holds their customers' locks."""
    rows = purchase.by_key(session, keys)
    promised = purchase.promised(session, [row["id"] for row in rows.values()]) if rows else {}
    ids = {key: row["id"] for key, row in rows.items()}
    return {key: _kept(row, promised.get(row["id"], {})) for key, row in rows.items()}, ids


def create(
    session: Session, new: Mapping[SourceKey, Bought], reps: Mapping[str, int], now: datetime
) -> dict[SourceKey, int]:
    """Write new purchases; the ids of those that nobody else wrote first. In the order of their keys (no rings)."""
    stamps = {"version": 1, "created_at": now, "updated_at": now}
    rows = [{"source": key[0], "external_id": key[1], **_values(new[key], reps), **stamps} for key in sorted(new)]
    written = bulk.insert_told(session, Purchase, rows, by=("source", "external_id"))
    found = {(source, external_id): purchase_id for (source, external_id), purchase_id in written.items()}
    there = purchase.ids(session, new.keys() - found.keys())
    return found | {key: row["id"] for key, row in there.items() if row["customer_id"] == new[key].customer_id}


def change(
    session: Session, changed: Mapping[int, Bought], reps: Mapping[str, int], now: datetime, *, is_news: bool
) -> None:
    """Write purchases by id; without news only the stamp of the source has moved, and versions stay."""
    rows = [
        {"key": purchase_id, "at": now, "step": int(is_news)}
        | {f"new_{name}": value for name, value in _values(changed[purchase_id], reps).items()}
        for purchase_id in sorted(changed)
    ]
    if rows:
        session.connection().execute(_CHANGED, rows)


def promise(session: Session, told: Mapping[int, Mapping[str, date | None]], now: datetime) -> None:
    """Write promises of purchases by id; one that is known gets its new date. States stay as they are."""
    rows = [
        {"purchase_id": purchase_id, "text": text, "due_on": due_on, "state": PromiseState.open, "changed_at": now}
        for purchase_id in sorted(told)
        for text, due_on in sorted(told[purchase_id].items())
    ]
    bulk.upsert(session, Promise, rows, key=("purchase_id", "text"), news=("due_on", "changed_at"))


def rep_ids(session: Session, named: Collection[str]) -> dict[str, int]:
    """Our reps among these addresses."""
    found = session.execute(select(Rep.email, Rep.id).where(Rep.email.in_(named))) if named else ()
    return {row.email: row.id for row in found}


def _utc(at: datetime, zone: tzinfo) -> datetime:
    """PEP 495, fold=0: a time that the clocks skip moves forward; of one that comes twice, the first is meant."""
    return (at if at.tzinfo else at.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def _kept(row: RowMapping, promises: Mapping[str, date | None]) -> Bought:
    return Bought(**{name: row[name] for name in _PLAIN}, promises=promises)


def _values(bought: Bought, reps: Mapping[str, int]) -> dict[str, object]:
    """Statuses as plain text, which is several times cheaper to write than a member of an enum."""
    told = {"status": str(bought.status), "rep_id": reps.get(bought.rep_email or "")}
    return dict(zip(_PLAIN, _plain_values(bought), strict=True)) | told


_purchases = Purchase.__table__
_CHANGED = (
    update(_purchases)  # type: ignore[arg-type]
    .where(_purchases.c.id == bindparam("key"))
    .values(
        {name: bindparam(f"new_{name}") for name in (*_PLAIN, "rep_id")}
        | {"version": _purchases.c.version + bindparam("step"), "updated_at": bindparam("at")}
    )
)
