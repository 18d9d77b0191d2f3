"""The pointer of an enrollment: which step is next. It moves in the gate's transaction, or with a skip."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from drip import tokens
from drip.campaigns import published
from drip.engine.sending import plan
from drip.models import change, fixed, message, system
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


def leave_out(session: Session, steps: Sequence[tuple[Enrollment, plan.Planned]], reason: Reason) -> None:
    """A skipped Message for each of these steps: the one under way if there is one, else a new row. What a person wrote
    in its place, and what has left, stays. The pointer is moved by the caller."""
    said = _standing(session, steps)
    now = system.business_now(session)
    for row, planned in steps:
        key = message.step_key(row.id, planned.step)
        if key not in said:
            said[key] = Message(id=tokens.new_id(), kind=MessageKind.check_in, dedupe_key=key, fence=0,
                                customer_id=row.customer_id, enrollment_id=row.id, campaign_id=row.campaign_id,
                                version_id=row.version_id, step=planned.step, state=MessageState.queued,
                                created_at=now, planned_at=planned.at, due_at=planned.at)  # fmt: skip
            session.add(said[key])
        if _is_waiting(said[key]):
            _take_back(said[key], MessageState.skipped)
            said[key].reason, said[key].settled_at = reason, now


def redirect(session: Session, steps: Sequence[tuple[Enrollment, plan.Planned | None]]) -> None:
    """Where enrollments go on after all, or that they do not; a step that is under way keeps its Message, with the new
    instant."""
    said = _standing(session, [(row, to) for row, to in steps if to])
    now = system.business_now(session)
    for row, to in steps:
        if to is None:
            row.state, row.ended_at = EnrollmentState.completed, now
            row.next_step = row.planned_at = row.next_due_at = None
            continue
        row.next_step, row.planned_at, row.next_due_at, row.put_off = to.step, to.at, to.at, False
        row.version += 1
        waiting = said.get(message.step_key(row.id, to.step))
        if waiting is not None and _is_waiting(waiting):
            _take_back(waiting, MessageState.queued)
            waiting.planned_at = waiting.due_at = to.at
            row.next_due_at, row.put_off = None, True


def _standing(session: Session, steps: Sequence[tuple[Enrollment, plan.Planned]]) -> dict[str, Message]:
    """What stands for these steps, by key, locked."""
    keys = [message.step_key(row.id, planned.step) for row, planned in steps]
    if not keys:
        return {}
    rows = select(Message).where(fixed.among(Message.dedupe_key, keys)).order_by(Message.id)
    found = session.scalars(rows.with_for_update(key_share=True).execution_options(populate_existing=True))
    return {each.dedupe_key: each for each in found}


def _is_waiting(said: Message) -> bool:
    """A check-in of ours that has not been handed; a rep's own mail goes its own way."""
    return said.kind is MessageKind.check_in and said.state in (MessageState.queued, MessageState.claimed)


def _take_back(waiting: Message, state: MessageState) -> None:
    """Out of the hands of the worker that may have it."""
    waiting.state, waiting.fence = state, waiting.fence + 1
    waiting.lease_token = waiting.lease_until = None


def pass_over(session: Session, enrollment_id: int) -> None:
    """Leave out the present step, because something else stands for it."""
    row = session.get_one(Enrollment, enrollment_id)
    assert row.next_step is not None
    customer = session.get_one(Customer, row.customer_id)
    move(session, [after(session, row, customer, row.next_step)], system.business_now(session))


_ONWARD = Change(Enrollment, ("next_step", "planned_at", "next_due_at"), "put_off = false")
