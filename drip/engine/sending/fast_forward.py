"""FAST-FORWARD: business time jumps from one due instant to the next, and nothing is late that was not."""

from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from drip import errors
from drip.engine.handoffs import hand_off
from drip.models import customer, enrollment, fixed, handoff, outbox, system
from drip.models.delivery_event import DeliveryEvent
from drip.models.inbound import InboundMail, InboundState

MOST_UNITS, MOST_DIGITS = 5_000, 20


class LiveClockError(errors.DripError):
    """In live mode business time is real time; it cannot be moved."""


def step(session: Session, end: datetime) -> datetime | None:
    """Jump to the next due instant, or to `end` if none comes before; None, and no jump, while something is moving.

    The next instant is read before the look whether all is quiet: what is claimed in between is seen moving. Snoozed
    conversations wake right here: the scheduler's next sweep may come days later.
    """
    system.lock(session)
    now = system.business_now(session)
    at = min(_next_instant(session, now) or end, end)
    if not is_quiet(session, now):
        return None
    if at > now:
        system.move_clock(session, at - now)
        hand_off.wake(session)
    return at


def is_quiet(session: Session, at: datetime) -> bool:
    """Whether nothing is under way and nothing is due: one statement, because work moves on between two."""
    return not fixed.run(session, _WAITING, at=at).scalar()


_TOLD = exists().where(DeliveryEvent.applied_at.is_(None))
_HEARD = exists().where(InboundMail.state == InboundState.stored)
_WAITING = select(or_(outbox.any_moving(), outbox.any_due(fixed.AT), enrollment.any_due(fixed.AT), _TOLD, _HEARD))


def _next_instant(session: Session, now: datetime) -> datetime | None:
    """Later than now: a step falls due, a message or a conversation has been put off until then, or a hold runs out."""
    instants = (
        enrollment.next_due_after(session, now),
        outbox.next_due_after(session, now),
        customer.next_hold_end(session, now),
        handoff.next_waking(session, now),
    )
    return min((at for at in instants if at), default=None)


def duration(text: str) -> timedelta:
    """`30d`, `2w`, `12h`, `90m`, one to MOST_UNITS of each; raises DripError."""
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdigit():
        raise errors.DripError(f"{text!r} is no duration: write 30d, 2w, 12h or 90m.")
    if len(number) > MOST_DIGITS or not 0 < int(number) <= MOST_UNITS:
        raise errors.DripError(f"{text!r} is out of range: write 30d, or anything from 1{unit} to {MOST_UNITS}{unit}.")
    return int(number) * units[unit]
