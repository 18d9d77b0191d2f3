"""One thing bought at one moment, and what was promised with it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Numeric,
    RowMapping,
    Select,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from drip.models import fixed
from drip.models.base import Base, Id, words
from drip.models.customer import Customer


class PurchaseStatus(StrEnum):
    """Only `paid` is accompanied; the two others stop what was planned."""

    paid = "paid"
    refunded = "refunded"
    cancelled = "cancelled"


class PromiseState(StrEnum):
    """A promise is open until somebody says that it was kept or broken."""

    open = "open"
    kept = "kept"
    broken = "broken"


class Purchase(Base):
    """Known by (source, external_id); email, purchased_at and product never change, the rest may."""

    __tablename__ = "purchases"
    __table_args__ = (
        # In this order: in a table that fills up, PostgreSQL would read all of a source, which it thinks has few rows.
        UniqueConstraint("external_id", "source"),
        Index(None, "customer_id"),
    )

    id: Mapped[Id]
    source: Mapped[str] = mapped_column(String(60))
    external_id: Mapped[str] = mapped_column(String(120))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    rep_email: Mapped[str | None] = mapped_column(String(254))  # whom the shop names; see `rep.Reps.seller`
    status: Mapped[PurchaseStatus] = mapped_column(words(PurchaseStatus, name="status"))
    status_at: Mapped[datetime]
    purchased_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    source_updated_at: Mapped[datetime | None]
    product_name: Mapped[str] = mapped_column(String(300))
    sku: Mapped[str | None] = mapped_column(String(120))
    category: Mapped[str | None] = mapped_column(String(120))
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    consent_basis: Mapped[str | None] = mapped_column(String(60))
    consent_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Promise(Base):
    """What was said at the sale: "free fitting before March"."""

    __tablename__ = "promises"
    __table_args__ = (UniqueConstraint("purchase_id", "text"),)

    id: Mapped[Id]
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"))
    text: Mapped[str] = mapped_column(String(300))
    due_on: Mapped[date | None]
    state: Mapped[PromiseState] = mapped_column(words(PromiseState, name="state"), default=PromiseState.open)
    changed_at: Mapped[datetime]


SourceKey = tuple[str, str]


def owners(session: Session, keys: Iterable[SourceKey]) -> dict[SourceKey, str]:
    """The address that each known (source, external_id) was recorded for."""
    return {key: row["email"] for key, row in _found(session, _OWNERS, keys).items()}


def by_key(session: Session, keys: Iterable[SourceKey]) -> dict[SourceKey, RowMapping]:
    """All columns of known purchases; the caller holds their customers' locks."""
    return _found(session, _WHOLE, keys)


def ids(session: Session, keys: Iterable[SourceKey]) -> dict[SourceKey, RowMapping]:
    """`id` and `customer_id` of known purchases."""
    return _found(session, _IDS, keys)


def newest_at(session: Session, customer_ids: Iterable[int]) -> dict[int, datetime]:
    """When each of these customers bought last."""
    who = list(customer_ids)
    if not who:
        return {}
    newest = func.max(Purchase.purchased_at, type_=Purchase.purchased_at.type)
    mine = fixed.among(Purchase.customer_id, who)
    rows = select(Purchase.customer_id, newest.label("at")).where(mine)
    return {row.customer_id: row.at for row in fixed.run(session, rows.group_by(Purchase.customer_id))}


def twins(session: Session, purchase_ids: Iterable[int]) -> dict[int, str]:
    """Which of these another source had told us before: same customer, product and instant. By id, that source."""
    known = aliased(Purchase)
    same = (known.customer_id == Purchase.customer_id, known.product_name == Purchase.product_name,
            known.purchased_at == Purchase.purchased_at)  # fmt: skip
    earlier = (known.id < Purchase.id, known.source != Purchase.source)
    rows = select(Purchase.id, known.source).join(known, and_(*same, *earlier))
    mine = fixed.among(Purchase.id, list(purchase_ids))
    return {row.id: row.source for row in fixed.run(session, rows.where(mine).order_by(known.id.desc()))}


def of_customers(session: Session, customer_ids: Iterable[int]) -> Sequence[RowMapping]:
    """Every purchase of these customers: who, what, when, and by which source."""
    rows = select(Purchase.customer_id, Purchase.product_name, Purchase.purchased_at, Purchase.source)
    return session.execute(rows.where(fixed.among(Purchase.customer_id, list(customer_ids)))).mappings().all()


def promised(session: Session, purchase_ids: Iterable[int]) -> dict[int, dict[str, date | None]]:
    """What was promised with each of these purchases: text -> due date."""
    rows = select(Promise.purchase_id, Promise.text, Promise.due_on)
    found: dict[int, dict[str, date | None]] = {}
    for row in session.execute(rows.where(fixed.among(Promise.purchase_id, list(purchase_ids)))):
        found.setdefault(row.purchase_id, {})[row.text] = row.due_on
    return found


_THESE = (Purchase.source == bindparam("source"), fixed.among(Purchase.external_id, "ids"))
_OWNERS = (
    select(Purchase.external_id, Customer.email).join(Customer, Customer.id == Purchase.customer_id).where(*_THESE)
)
_WHOLE = select(Purchase.__table__).where(*_THESE)
_IDS = select(Purchase.id, Purchase.customer_id, Purchase.external_id).where(*_THESE)


def _found(session: Session, rows: Select[*tuple[Any, ...]], keys: Iterable[SourceKey]) -> dict[SourceKey, RowMapping]:
    found: dict[SourceKey, RowMapping] = {}
    for source, ids in _by_source(keys).items():
        there = fixed.run(session, rows, source=source, ids=ids).mappings()
        found |= {(source, row["external_id"]): row for row in there}
    return found


def _by_source(keys: Iterable[SourceKey]) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {}
    for source, external_id in sorted(set(keys)):
        sources.setdefault(source, []).append(external_id)
    return sources
