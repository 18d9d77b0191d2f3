"""SUPPRESS: from the moment this commits, no gate lets a check-in to this person or address pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from drip import tokens
from drip.models import audit, customer, enrollment, message, system
from drip.models.customer import Customer
from drip.models.reasons import Reason
from drip.models.suppression import Suppression


@dataclass(frozen=True, slots=True)
class Stop:
    """Why to stop, and what it holds for: the person (an opt-out), the address (a bounce), or both (a complaint)."""

    reason: Reason
    detail: str = ""
    person: bool = True
    address: bool = False
    actor: str = "customer"


def suppress(session: Session, customer_id: int, stop: Stop, key: bytes) -> bool:
    """Stop writing to a customer: whoever asks again changes nothing. Whether anything was new.

    The customer's row is locked and its version raised first, so that stop and gate are ordered (promise 4);
    check-ins not yet handed are cancelled, enrollments of all campaigns end.
    """
    found = customer.lock(session, [customer_id]).get(customer_id)
    if found is None:
        return False
    now = system.business_now(session)
    row = Suppression(
        customer_id=customer_id if stop.person else None,
        address_hash=tokens.fingerprint(key, found.email) if stop.address else None,
        reason=stop.reason,
        detail=stop.detail[:300],
        since=now,
    )
    if _is_known(session, row):
        return False
    session.add(row)
    _end(session, found, stop.reason, now)
    audit.note(session, stop.actor, "suppress", f"customer:{customer_id}", f"{stop.reason}. {stop.detail}")
    return True


def suppress_address(session: Session, email: str, stop: Stop, key: bytes) -> bool:
    """Stop writing to an address, whether or not a customer has it. Whether anything was new."""
    customer_id = session.scalar(select(Customer.id).where(Customer.email == email.strip().lower()))
    if customer_id is not None:
        return suppress(session, customer_id, stop, key)
    row = Suppression(address_hash=tokens.fingerprint(key, email.strip()), reason=stop.reason)
    row.detail, row.since = stop.detail[:300], system.business_now(session)
    if _is_known(session, row):
        return False
    session.add(row)
    audit.note(session, stop.actor, "suppress", "address", f"{stop.reason}. {stop.detail}")
    return True


def lift(session: Session, customer_id: int, key: bytes, actor: str) -> int:
    """Allow writing again; how many suppressions ended. Enrollments that ended stay ended: new purchases enroll."""
    found = customer.lock(session, [customer_id]).get(customer_id)
    if found is None:
        return 0
    now = system.business_now(session)
    rows = in_force(session, found, key)
    for row in rows:
        row.lifted_at = now
    if rows:
        customer.touch(session, [customer_id])
        audit.note(session, actor, "lift", f"customer:{customer_id}")
    return len(rows)


def in_force(session: Session, found: Customer, key: bytes) -> Sequence[Suppression]:
    """What keeps us from writing to this customer now, the oldest first."""
    mine = _concerns(found.id, tokens.fingerprint(key, found.email))
    rows = select(Suppression).where(mine, Suppression.lifted_at.is_(None)).order_by(Suppression.id)
    return session.scalars(rows).all()


def history(session: Session, found: Customer, key: bytes) -> Sequence[Suppression]:
    """Those in force and those lifted, the oldest first."""
    mine = _concerns(found.id, tokens.fingerprint(key, found.email))
    return session.scalars(select(Suppression).where(mine).order_by(Suppression.id)).all()


def _concerns(customer_id: int, address_hash: str) -> ColumnElement[bool]:
    return or_(Suppression.customer_id == customer_id, Suppression.address_hash == address_hash)


def _is_known(session: Session, row: Suppression) -> bool:
    """Asked under the customer's lock, so two who ask at once do not both write."""
    same = select(Suppression.id).where(
        Suppression.lifted_at.is_(None),
        Suppression.reason == row.reason,
        Suppression.customer_id.is_not_distinct_from(row.customer_id),
        Suppression.address_hash.is_not_distinct_from(row.address_hash),
    )
    return session.scalar(same.limit(1)) is not None


def _end(session: Session, found: Customer, reason: Reason, now: datetime) -> None:
    customer.touch(session, [found.id])
    ids = [row["id"] for row in enrollment.of_customers(session, [found.id])]
    enrollment.exit_all(session, ids, reason, now)
    message.cancel_waiting(session, ids, reason, now)
