"""How many check-ins left on each of the company's days: what the ramp of a young domain is measured by."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip import db
from drip.models.base import Base


class SendingDay(Base):
    """Written only while a ramp is configured."""

    __tablename__ = "sending_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    handed: Mapped[int] = mapped_column(default=0)


def room(session: Session, day: date, ramp: Sequence[int]) -> int | None:
    """How many more may leave on this day, whose row is locked: the first day of sending has the ramp's first number,
    the second day the second; None, no limit, once the ramp has been climbed."""
    earlier = select(func.count()).where(SendingDay.day < day, SendingDay.handed > 0)
    number = session.scalar(earlier) or 0
    if number >= len(ramp):
        return None
    new = db.insert(session, SendingDay).values(day=day, handed=0)
    session.execute(new.on_conflict_do_nothing())
    handed = session.scalar(select(SendingDay.handed).where(SendingDay.day == day).with_for_update())
    return max(0, ramp[number] - (handed or 0))


def count(session: Session, day: date, handed: int) -> None:
    """So many more have left."""
    session.execute(update(SendingDay).where(SendingDay.day == day).values(handed=SendingDay.handed + handed))
