"""FAST-FORWARD: business time jumps from one due instant to the next, and nothing is late that was not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from drip import errors
from drip.models import customer, enrollment, message, system


class LiveClockError(errors.DripError):
    """In live mode business time is real time; it cannot be moved."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the clock stands now, and the next instant (business time) at which something falls due."""

    now: datetime
    next_at: datetime | None


def look(session: Session) -> Stop:
    """The next due instant later than now: a step, a message put off, or the end of a hold."""
    now = system.business_now(session)
    instants = (
        enrollment.next_due_after(session, now),
        message.next_due_after(session, now),
        customer.next_hold_end(session, now),
    )
    return Stop(now, min((at for at in instants if at), default=None))


def jump(session: Session, to: datetime) -> None:
    """Make it `to` in business time, never earlier than it is."""
    by = to - system.business_now(session)
    if by > timedelta():
        system.move_clock(session, by)


def is_quiet(session: Session) -> bool:
    """Whether nothing is under way and nothing is due at this moment."""
    if message.any_moving(session):
        return False
    now = system.business_now(session)
    return not message.due_count(session, now) and not enrollment.due_count(session, now)


def duration(text: str) -> timedelta:
    """`30d`, `2w`, `12h`, `90m`; raises DripError."""
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdigit() or not 0 < int(number) <= 5000:
        raise errors.DripError(f"{text!r} is no duration: write 30d, 2w, 12h or 90m.")
    return int(number) * units[unit]
