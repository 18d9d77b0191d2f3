"""The pointer of an enrollment: which step is next. It moves in the gate's transaction, or with a skip."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from drip import tokens
from drip.campaigns import published
from drip.engine.sending import plan
from drip.models import change, message, system
from drip.models.change import Change
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason


@dataclass(frozen=True, slots=True)
class Move:
    """An enrollment and the step that comes next; None when it was the last one."""

    enrollment_id: int
    to: plan.Planned | None


def after(session: Session, row: Enrollment, customer: Customer, step: str) -> Move:
    """Where the pointer goes once `step` is done with."""
    zone = published.rules(session).zone(customer.timezone, customer.country)
    return Move(row.id, following(session, (row.version_id, row.anchor_at), zone, step))


def following(session: Session, walk: tuple[int, datetime], zone: ZoneInfo, step: str) -> plan.Planned | None:
    """What comes after `step` for an enrollment with this (version_id, anchor_at); None when it was the last one."""
    version_id, anchor_at = walk
    campaign = published.version(session, version_id).campaign
    return plan.following(plan.Frame(campaign, anchor_at, zone, published.rules(session).hours), step)


def move(session: Session, moves: list[Move], now: datetime) -> None:
    """Write pointers; an enrollment without a further step is completed at `now`."""
    onward = [(move.to.step, move.to.at, move.to.at, move.enrollment_id) for move in moves if move.to]
    change.apply(session, _ONWARD, onward)
    ended = [move.enrollment_id for move in moves if move.to is None]
    if ended:
        done = {"state": EnrollmentState.completed, "ended_at": now, "next_step": None}
        session.execute(
            update(Enrollment).where(Enrollment.id.in_(ended)).values(**done, planned_at=None, next_due_at=None)
        )


def leave_out(session: Session, row: Enrollment, planned: plan.Planned, reason: Reason) -> None:
    """A skipped Message for a step: the one under way if there is one, else a new row. What a person wrote in its
    place, and what has left, stays. The pointer is moved by the caller."""
    key = message.step_key(row.id, planned.step)
    said = session.scalars(select(Message).where(Message.dedupe_key == key).with_for_update(key_share=True)).first()
    now = system.business_now(session)
    if said is None:
        said = Message(id=tokens.new_id(), kind=MessageKind.check_in, dedupe_key=key, customer_id=row.customer_id,
                       enrollment_id=row.id, campaign_id=row.campaign_id, version_id=row.version_id,
                       step=planned.step, created_at=now, planned_at=planned.at, due_at=planned.at)  # fmt: skip
        session.add(said)
    elif said.state not in (MessageState.queued, MessageState.claimed):
        return
    said.state, said.reason, said.settled_at = MessageState.skipped, reason, now
    said.lease_token = said.lease_until = None
    said.fence = (said.fence or 0) + 1


def pass_over(session: Session, enrollment_id: int) -> None:
    """Leave out the present step, because something else stands for it."""
    row = session.get_one(Enrollment, enrollment_id)
    assert row.next_step is not None
    customer = session.get_one(Customer, row.customer_id)
    move(session, [after(session, row, customer, row.next_step)], system.business_now(session))


_ONWARD = Change(Enrollment, ("next_step", "planned_at", "next_due_at"))
