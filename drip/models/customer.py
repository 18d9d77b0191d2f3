"""A person who bought, what holds mail to them back, and the days on which they heard from us."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    RowMapping,
    String,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from drip.models import bulk, fixed, once
from drip.models.base import Base, Id, words
from drip.models.reasons import Reason


class Customer(Base):
    """Key: the lower-cased address. `version` grows with every change and every stop: that update is what orders
    a stop before or after the gate, which locks this row."""

    __tablename__ = "customers"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    first_name: Mapped[str] = mapped_column(String(200), default="")
    last_name: Mapped[str] = mapped_column(String(200), default="")
    timezone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    locale: Mapped[str | None] = mapped_column(String(35))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Hold(Base):
    """No check-in reaches this customer from `since` until `until` (business time) or, without one, until released."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(None, "customer_id"),
        Index("ix_holds_customer_id_open", "customer_id", postgresql_where=text("released_at IS NULL"),
              sqlite_where=text("released_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    reason: Mapped[Reason] = mapped_column(words(Reason))
    detail: Mapped[str] = mapped_column(String(300), default="")
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class ContactDay(Base):
    """How many check-ins were handed for a customer on one local day: what the frequency cap counts."""

    __tablename__ = "contact_days"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True, autoincrement=False)
    local_day: Mapped[date] = mapped_column(primary_key=True)
    check_ins: Mapped[int] = mapped_column(default=0)


def holding(
    customer_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], at: fixed.At
) -> ColumnElement[bool]:
    """SQL: a hold on this customer is in force at `at` (business time)."""
    lasting = or_(Hold.until.is_(None), Hold.until > at)
    return exists().where(Hold.customer_id == customer_id, Hold.released_at.is_(None), lasting)


def lock(session: Session, ids: Iterable[int]) -> dict[int, Customer]:
    """Customers by id, locked in ascending order so that two transactions never wait for each other in a ring.

    NO KEY UPDATE: a new row that only points at the customer does not have to wait. Whom this transaction has locked
    already, nobody else can have changed.
    """
    wanted, locked = sorted(set(ids)), once.of(session, "customers")
    if missing := [each for each in wanted if each not in locked]:
        locked |= {row.id: row for row in session.scalars(_LOCKED, {"ids": missing})}
    return {each: locked[each] for each in wanted if each in locked}


_LOCKED = (
    select(Customer)
    .where(fixed.among(Customer.id, "ids"))
    .order_by(Customer.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def lock_for_gate(session: Session, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """The same lock, with no more than the gate looks at: id, email, version, erased_at, timezone, country."""
    return {row.id: row for row in fixed.run(session, _FOR_GATE, ids=sorted(set(ids)))}


_FOR_GATE = (
    select(Customer.id, Customer.email, Customer.version, Customer.erased_at, Customer.timezone, Customer.country)
    .where(fixed.among(Customer.id, "ids"))
    .order_by(Customer.id)
    .with_for_update(key_share=True)
)


def contacted(session: Session, zones: Mapping[int, ZoneInfo], at: datetime, cap_days: int) -> dict[int, date]:
    """The last local day on which customers heard from us, of those who did within `cap_days`, today among them."""
    today = {customer_id: at.astimezone(zone).date() for customer_id, zone in zones.items()}
    if not today:
        return {}
    since = min(today.values()) - timedelta(days=cap_days)
    rows = fixed.run(session, _CONTACTED, ids=list(today), since=since)
    return {row.id: row.day for row in rows if row.day and today[row.id] - row.day < timedelta(days=cap_days)}


# One by one, because PostgreSQL plans once, while hardly anybody has been written to, and then reads the whole table.
_LAST_DAY = (
    select(func.max(ContactDay.local_day))
    .where(ContactDay.customer_id == Customer.id)
    .where(ContactDay.local_day > bindparam("since"), ContactDay.check_ins > 0)
    .scalar_subquery()
)
_CONTACTED = select(Customer.id, _LAST_DAY.label("day")).where(fixed.among(Customer.id, "ids"))


def count_contacts(session: Session, contacts: Sequence[tuple[int, date]]) -> None:
    """One check-in more on each of these local days."""
    if not contacts:
        return
    days = [(who, day, number) for (who, day), number in sorted(Counter(contacts).items())]
    rows = bulk.listed(ContactDay, ("customer_id", "local_day", "check_ins"), days)
    more = "check_ins = contact_days.check_ins + excluded.check_ins"
    bulk.upsert(session, rows, key=("customer_id", "local_day"), also=more)


def uncount_contact(session: Session, customer_id: int, day: date) -> None:
    """Give a day back: what was counted on it was refused for certain."""
    counted = (ContactDay.customer_id == customer_id, ContactDay.local_day == day, ContactDay.check_ins > 0)
    session.execute(update(ContactDay).where(*counted).values(check_ins=ContactDay.check_ins - 1))


def known(session: Session, emails: Iterable[str]) -> set[str]:
    """Which of these addresses somebody has; locks nothing."""
    return set(fixed.run(session, _KNOWN, emails=list(emails)).scalars())


_KNOWN = select(Customer.email).where(fixed.among(Customer.email, "emails"))


def by_email(session: Session, emails: Iterable[str], *, lock: bool = False) -> Sequence[RowMapping]:
    """Many customers by address: plain rows of the facts that a purchase may change; locked in the order of ids."""
    wanted = list(emails)
    if not wanted:
        return []
    columns = (Customer.id, Customer.email, Customer.first_name, Customer.last_name, Customer.timezone,
               Customer.country, Customer.locale)  # fmt: skip
    rows = select(*columns).where(fixed.among(Customer.email, wanted)).order_by(Customer.id)
    return fixed.run(session, rows.with_for_update(key_share=True) if lock else rows).mappings().all()


def touch(session: Session, ids: Iterable[int]) -> None:
    """Raise the version of customers who are locked already: a gate that rendered before this refuses. Once in a
    transaction does."""
    touched = once.of(session, "touched")
    if fresh := sorted(set(ids) - touched.keys()):
        fixed.run(session, _TOUCHED, ids=fresh)
        touched |= dict.fromkeys(fresh)


_TOUCHED = update(Customer).where(fixed.among(Customer.id, "ids")).values(version=Customer.version + 1)


def next_hold_end(session: Session, at: datetime) -> datetime | None:
    """The earliest instant after `at` at which a hold runs out by itself."""
    found: datetime | None = fixed.run(session, _NEXT_END, at=at).scalar()
    return found


_NEXT_END = select(func.min(Hold.until)).where(Hold.released_at.is_(None), Hold.until > fixed.AT)
