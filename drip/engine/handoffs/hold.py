"""HOLD: keep check-ins from a customer while a human has the word, and let go again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from drip.models import customer, fixed, system
from drip.models.customer import Customer, Hold
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, and until when (business time); without `until` it lasts until somebody releases it."""

    reason: Reason
    detail: str = ""
    until: datetime | None = None


def hold(session: Session, customer_id: int, cause: Cause) -> Hold:
    """From the moment this commits, no gate lets a check-in to this customer pass."""
    _stop(session, customer_id)
    row = Hold(
        customer_id=customer_id,
        reason=cause.reason,
        detail=cause.detail,
        since=system.business_now(session),
        until=cause.until,
    )
    session.add(row)
    session.flush()
    return row


def release(session: Session, customer_id: int, reason: Reason | None = None) -> int:
    """End the holds of a customer (those for one reason, or all); the number ended."""
    customer.lock(session, [customer_id])
    mine = [Hold.customer_id == customer_id, Hold.released_at.is_(None)]
    mine += [Hold.reason == reason] if reason else []
    now = system.business_now(session)
    ended = session.scalars(update(Hold).where(*mine).values(released_at=now).returning(Hold.reason)).all()
    _let_go(session, customer_id, set(ended), now)
    return len(ended)


def release_brought(session: Session, customer_id: int, by: str) -> None:
    """End the holds of a customer that one thing brought, as their detail names it."""
    customer.lock(session, [customer_id])
    mine = (Hold.customer_id == customer_id, Hold.detail == by, Hold.released_at.is_(None))
    now = system.business_now(session)
    ended = session.scalars(update(Hold).where(*mine).values(released_at=now).returning(Hold.reason)).all()
    _let_go(session, customer_id, set(ended), now)


def release_read(session: Session, customer_id: int, *, but: int = 0) -> None:
    """End the holds that mails of theirs brought, unless one (other than `but`, which is being read) still waits to
    be read: no machine talks over words that nobody has seen. Asked under the customer's lock, so that of two mails
    read at once the second sees that the first is done."""
    customer.lock(session, [customer_id])
    unread = (InboundMail.customer_id == customer_id, InboundMail.state == InboundState.stored, InboundMail.id != but)
    if session.scalar(select(InboundMail.id).where(*unread).limit(1)) is None:
        release(session, customer_id, Reason.replied)


def open_for_reason(session: Session, customer_id: int, reason: Reason) -> Hold | None:
    """The customer's hold for this reason that nobody has released."""
    mine = (Hold.customer_id == customer_id, Hold.reason == reason, Hold.released_at.is_(None))
    return session.scalars(select(Hold).where(*mine).limit(1)).first()


def in_force(session: Session, customer_ids: Iterable[int], at: datetime) -> dict[int, Row[Any]]:
    """The hold that lasts longest, with all columns of `Hold`, for each customer that has one."""
    longest: dict[int, Row[Any]] = {}
    for row in fixed.run(session, _IN_FORCE, ids=list(customer_ids), at=at):
        known = longest.get(row.customer_id)
        if known is None or _lasts_longer(row, known):
            longest[row.customer_id] = row
    return longest


def seconds_held(session: Session, customer_id: int, since: datetime, until: datetime) -> float:
    """How long the customer was on hold between two instants: time that does not count towards expiry."""
    rows = session.scalars(select(Hold).where(Hold.customer_id == customer_id).order_by(Hold.since))
    return _covered([(max(row.since, since), _end(row, until)) for row in rows])


def _let_go(session: Session, customer_id: int, reasons: set[Reason], now: datetime) -> None:
    """Check-ins that these holds put off to their end may leave now."""
    waiting = (Message.kind == MessageKind.check_in, Message.state == MessageState.queued, Message.due_at > now)
    rows = update(Message).where(Message.customer_id == customer_id, Message.reason.in_(reasons), *waiting)
    session.execute(rows.values(due_at=now))


def _end(row: Hold, until: datetime) -> datetime:
    return min(end for end in (row.released_at, row.until, until) if end is not None)


def _covered(spans: list[tuple[datetime, datetime]]) -> float:
    """Seconds in the union of spans."""
    seconds, reached = 0.0, None
    for start, end in sorted(spans):
        begin = start if reached is None or start > reached else reached
        if end > begin:
            seconds += (end - begin).total_seconds()
            reached = end
    return seconds


_IN_FORCE = select(Hold.__table__).where(
    fixed.among(Hold.customer_id, "ids"),
    Hold.released_at.is_(None),
    Hold.until.is_(None) | (Hold.until > fixed.AT),
)


def _lasts_longer(one: Row[Any], other: Row[Any]) -> bool:
    if other.until is None:
        return False
    return one.until is None or bool(one.until > other.until)


def _stop(session: Session, customer_id: int) -> None:
    """A stop updates the customer's row: that is what puts it before or after a gate."""
    session.execute(update(Customer).where(Customer.id == customer_id).values(version=Customer.version + 1))
