"""A customer's conversation in human hands until it is resolved; one open at most for a customer."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import customer
from drip.models.base import Base, Id, words


class HandoffState(StrEnum):
    """`open` waits for a rep, `pending` for the customer, `snoozed` for a date."""

    open = "open"
    pending = "pending"
    snoozed = "snoozed"
    closed = "closed"


class Priority(StrEnum):
    """How soon somebody should look."""

    low = "low"
    medium = "medium"
    high = "high"
    urgent = "urgent"


class Resolution(StrEnum):
    """What the rep decides about the campaign."""

    resume = "resume"
    resume_on = "resume_on"
    take_over = "take_over"
    stop = "stop"


_NOT_CLOSED = text("state <> 'closed'")


class Handoff(Base):
    """`version` grows with everything that a rep must have seen before answering."""

    __tablename__ = "handoffs"
    __table_args__ = (
        Index("uq_handoffs_one_open", "customer_id", unique=True, postgresql_where=_NOT_CLOSED,
              sqlite_where=_NOT_CLOSED),
        Index("ix_handoffs_queue", "state", "rep_id"),
        Index(None, "customer_id"),
    )  # fmt: skip

    id: Mapped[Id]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"))
    claimed_by: Mapped[str | None] = mapped_column(String(254))
    claimed_at: Mapped[datetime | None]
    state: Mapped[HandoffState] = mapped_column(words(HandoffState, name="state"))
    priority: Mapped[Priority] = mapped_column(words(Priority, name="priority"))
    why: Mapped[str] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(254))
    resolution: Mapped[Resolution | None] = mapped_column(words(Resolution, name="resolution"))
    resume_on: Mapped[date | None]
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollments.id"))
    step: Mapped[str | None] = mapped_column(String(60))
    draft: Mapped[str] = mapped_column(Text, default="")


class Absence(Base):
    """A rep is away from one day to another, both included; new handoffs go to the deputy."""

    __tablename__ = "absences"
    __table_args__ = (Index(None, "rep_id"),)

    id: Mapped[Id]
    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("reps.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]


def unclosed(session: Session, customer_id: int) -> Handoff | None:
    """The customer's conversation that is not closed; there is one at most."""
    return session.scalars(_UNCLOSED, {"whose": customer_id}).first()


_UNCLOSED = (
    select(Handoff)
    .where(Handoff.customer_id == bindparam("whose"), Handoff.state != HandoffState.closed)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def next_waking(session: Session, after: datetime) -> datetime | None:
    """The first instant later than `after` at which a snoozed conversation comes back."""
    later = (Handoff.state == HandoffState.snoozed, Handoff.snoozed_until > after)
    return session.scalar(select(func.min(Handoff.snoozed_until)).where(*later))


def locked(session: Session, handoff_id: int) -> Handoff:
    """One handoff, locked after its customer; raises NoResultFound."""
    who = session.scalars(select(Handoff.customer_id).where(Handoff.id == handoff_id)).one()
    customer.lock(session, [who])
    return session.get_one(Handoff, handoff_id, with_for_update={"key_share": True}, populate_existing=True)
