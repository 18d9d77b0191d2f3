"""HOLD: keep check-ins from a customer while a human has the word, and let go again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, Update, bindparam, case, cast, exists, func, insert, select, update
from sqlalchemy.orm import Session

from drip.models import customer, fixed, system
from drip.models.customer import Hold
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, and until when (business time); without `until` it lasts until somebody releases it."""

    reason: Reason
    detail: str = ""
    until: datetime | None = None


def hold(session: Session, customer_id: int, cause: Cause) -> None:
    """From the moment this commits, no gate lets a check-in to this customer pass."""
    customer.touch(session, [customer_id])  # a stop changes the customer's row: that puts it before or after a gate
    since = system.business_now(session)
    held = {"reason": cause.reason, "detail": cause.detail, "since": since, "until": cause.until}
    fixed.run(session, _HOLD, customer_id=customer_id, **held)


def release(session: Session, customer_id: int, reason: Reason | None = None) -> int:
    """End the holds of a customer (those for one reason, or all); the number ended."""
    if reason is None:
        return _release(session, customer_id, _ALL, {})
    return _release(session, customer_id, _FOR_REASON, {"why": reason})


def release_brought(session: Session, customer_id: int, by: str) -> None:
    """End the holds of a customer that one thing brought, as their detail names it."""
    _release(session, customer_id, _BROUGHT, {"by": by})


def release_read(session: Session, customer_id: int, *, but: int = 0) -> None:
    """End the holds that mails of theirs brought, unless one (other than `but`, which is being read) still waits to
    be read: no machine talks over words that nobody has seen. That of a mail which went to others too stays until that
    is read. Asked under the customer's lock, so that of two mails read at once the second sees that the first is done.
    """
    _release(session, customer_id, _READ, {"why": Reason.replied, "but": but})


def is_open(session: Session, customer_id: int, reason: Reason) -> bool:
    """Whether the customer has a hold for this reason that nobody has released."""
    return fixed.run(session, _OPEN, customer_id=customer_id, why=reason).first() is not None


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


def _release(session: Session, customer_id: int, which: Update, how: Mapping[str, object]) -> int:
    """Check-ins that these holds put off to their end may leave now."""
    customer.lock(session, [customer_id])
    now = system.business_now(session)
    ended = fixed.run(session, which, whose=customer_id, at=now, **how).scalars().all()
    if ended:
        fixed.run(session, _LET_GO, whose=customer_id, at=now, reasons=[reason.value for reason in set(ended)])
    return len(ended)


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


_HOLD = insert(Hold)
_WHY = bindparam("why", type_=Hold.reason.type)
_OPEN = (
    select(Hold.id)
    .where(Hold.customer_id == bindparam("customer_id"), Hold.reason == _WHY, Hold.released_at.is_(None))
    .limit(1)
)
_ALL = (
    update(Hold)
    .where(Hold.customer_id == bindparam("whose"), Hold.released_at.is_(None))
    .values(released_at=fixed.AT)
    .returning(Hold.reason)
)
_FOR_REASON = _ALL.where(Hold.reason == _WHY)
_BROUGHT = _ALL.where(Hold.detail == bindparam("by"))
_UNREAD = (
    exists()
    .where(InboundMail.customer_id == bindparam("whose"), InboundMail.state == InboundState.stored)
    .where(InboundMail.id != bindparam("but"))
)
# A mail to the addresses of several customers is one's, and brought the holds of all.
_OF_MAIL = case((Hold.detail.like("mail %"), cast(func.substr(Hold.detail, len("mail ") + 1), BigInteger)))
_WAITS = (
    exists()
    .where(InboundMail.id == _OF_MAIL, InboundMail.state == InboundState.stored)
    .where(InboundMail.id != bindparam("but"))
)
_READ = _FOR_REASON.where(~_UNREAD, ~_WAITS)
_LET_GO = (
    update(Message)
    .where(Message.customer_id == bindparam("whose"), fixed.among(Message.reason, "reasons"))
    .where(Message.kind == MessageKind.check_in, Message.state == MessageState.queued, Message.due_at > fixed.AT)
    .values(due_at=fixed.AT)
)
_IN_FORCE = select(Hold.__table__).where(
    fixed.among(Hold.customer_id, "ids"),
    Hold.released_at.is_(None),
    Hold.until.is_(None) | (Hold.until > fixed.AT),
)


def _lasts_longer(one: Row[Any], other: Row[Any]) -> bool:
    if other.until is None:
        return False
    return one.until is None or bool(one.until > other.until)
