"""The pointer of an enrollment: which step is next. It moves in the gate's transaction, or with a skip."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine import plan
from drip.models import system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState


@dataclass(frozen=True, slots=True)
class Move:
    """An enrollment and the step that comes next; None when it was the last one."""

    enrollment_id: int
    to: plan.Planned | None


def after(session: Session, row: Enrollment, customer: Customer, step: str) -> Move:
    """Where the pointer goes once `step` is done with."""
    rules = published.rules(session)
    frame = plan.Frame(
        published.version(session, row.version_id).campaign,
        row.anchor_at,
        rules.zone(customer.timezone, customer.country),
        rules.hours,
    )
    return Move(row.id, plan.following(frame, step))


def move(session: Session, moves: list[Move], now: datetime) -> None:
    """Write pointers; an enrollment without a further step is completed at `now`."""
    onward = [{"key": move.enrollment_id, "step": move.to.step, "at": move.to.at} for move in moves if move.to]
    if onward:
        session.connection().execute(_ONWARD, onward)
    ended = [move.enrollment_id for move in moves if move.to is None]
    if ended:
        done = {"state": EnrollmentState.completed, "ended_at": now, "next_step": None}
        session.execute(
            update(Enrollment).where(Enrollment.id.in_(ended)).values(**done, planned_at=None, next_due_at=None)
        )


def pass_over(session: Session, enrollment_id: int) -> None:
    """Leave out the present step, because something else stands for it."""
    row = session.get_one(Enrollment, enrollment_id)
    assert row.next_step is not None
    customer = session.get_one(Customer, row.customer_id)
    move(session, [after(session, row, customer, row.next_step)], system.business_now(session))


_ONWARD = (
    update(Enrollment.__table__)  # type: ignore[arg-type]
    .where(Enrollment.__table__.c.id == bindparam("key"))
    .values(next_step=bindparam("step"), planned_at=bindparam("at"), next_due_at=bindparam("at"))
)
