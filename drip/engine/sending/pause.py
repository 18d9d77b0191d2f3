"""PAUSE and RESUME of one campaign; what went by meanwhile follows one of three policies, never a burst."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import calendar, published
from drip.engine.sending import plan, pointer
from drip.models import audit, system
from drip.models import message as messages
from drip.models.campaign import Campaign, CampaignState
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason


class Missed(StrEnum):
    """Check-ins whose local day went by during the pause."""

    skip = "skip"  # leave them out (default)
    latest = "latest"  # send only the last one of each customer
    shift = "shift"  # move the whole rest by the length of the pause


class UnknownCampaignError(errors.DripError):
    """There is no campaign of that name."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What resuming did."""

    campaign: str
    skipped: int
    shifted_days: int

    @property
    def sentence(self) -> str:
        if self.shifted_days:
            return f"{self.campaign} goes on, {self.shifted_days} days later than planned."
        return f"{self.campaign} goes on; {self.skipped} check-ins that were missed meanwhile are left out."


def pause_campaign(session: Session, name: str, *, by: str, reason: str = "paused by hand") -> None:
    """From the moment this commits no gate lets a check-in of this campaign pass."""
    row = _locked(session, name)
    if row.state is CampaignState.active:
        row.state, row.state_reason = CampaignState.paused, reason
        row.state_at = system.business_now(session)
        audit.note(session, by, "pause", f"campaign:{name}", reason)


def resume_campaign(session: Session, name: str, missed: Missed, *, by: str) -> Resumed:
    """Go on after a pause; idempotent."""
    row = _locked(session, name)
    if row.state is not CampaignState.paused:
        return Resumed(name, 0, 0)
    now = system.business_now(session)
    gone = now - row.state_at
    row.state, row.state_reason, row.state_at, row.refusal_streak = CampaignState.active, "", now, 0
    days = gone.days if missed is Missed.shift else 0
    until = None if missed is Missed.shift else now
    skipped = sum(_catch_up(session, each, missed, days, now) for each in _walking(session, row.id, until))
    audit.note(session, by, "resume", f"campaign:{name}", f"missed: {missed}")
    return Resumed(name, skipped, days)


def _locked(session: Session, name: str) -> Campaign:
    row = session.scalars(select(Campaign).where(Campaign.name == name).with_for_update(key_share=True)).first()
    if row is None:
        known = ", ".join(session.scalars(select(Campaign.name).order_by(Campaign.name)))
        raise UnknownCampaignError(f"There is no campaign {name!r}. There are: {known or 'none yet'}.")
    return row


def _walking(session: Session, campaign_id: int, planned_by: datetime | None) -> Iterator[Enrollment]:
    """Active enrollments: all of them, or those whose next step was planned by an instant."""
    rows = select(Enrollment).where(Enrollment.campaign_id == campaign_id, Enrollment.state == EnrollmentState.active)
    if planned_by is not None:
        rows = rows.where(Enrollment.planned_at <= planned_by)
    yield from session.scalars(rows.order_by(Enrollment.customer_id, Enrollment.id)).all()


def _catch_up(session: Session, row: Enrollment, missed: Missed, days: int, now: datetime) -> int:
    customer = session.get_one(Customer, row.customer_id, with_for_update={"key_share": True}, populate_existing=True)
    session.refresh(row)  # an answer of the provider may have moved the pointer until we had the customer's lock
    if row.state is not EnrollmentState.active:
        return 0
    if days:
        row.anchor_at += timedelta(days=days)
        row.shift_days += days
    frame = _frame(session, row, customer)
    gone = [each for each in _due_by(frame, row, now) if _day_gone(each, frame, now)]
    left_out = gone[:-1] if missed is Missed.latest else gone if missed is Missed.skip else []
    for planned in left_out:
        pointer.leave_out(session, row, planned, Reason.campaign_paused)
    row.made_up_step = gone[-1].step if gone and missed is Missed.latest else None
    _point(session, row, _goes_on_with(frame, row, gone, missed, now))
    customer.version += 1
    return len(left_out)


def _goes_on_with(
    frame: plan.Frame, row: Enrollment, gone: list[plan.Planned], missed: Missed, now: datetime
) -> plan.Planned | None:
    """`latest` makes up for one missed step, planned anew for now, since by its own day it might have expired."""
    if gone and missed is Missed.latest:
        return plan.Planned(gone[-1].step, calendar.next_open(now, frame.hours, frame.zone))
    if gone and missed is Missed.skip:
        return plan.following(frame, gone[-1].step)
    return plan.of(frame, row.next_step or "")


def _frame(session: Session, row: Enrollment, customer: Customer) -> plan.Frame:
    rules = published.rules(session)
    campaign = published.version(session, row.version_id).campaign
    return plan.Frame(campaign, row.anchor_at, rules.zone(customer.timezone, customer.country), rules.hours)


def _due_by(frame: plan.Frame, row: Enrollment, now: datetime) -> list[plan.Planned]:
    reached = False
    found = []
    for planned in plan.year(frame):
        reached = reached or planned.step == row.next_step
        if reached and planned.at <= now:
            found.append(planned)
    return found


def _day_gone(planned: plan.Planned, frame: plan.Frame, now: datetime) -> bool:
    return calendar.local_date(planned.at, frame.zone) < calendar.local_date(now, frame.zone)


def _point(session: Session, row: Enrollment, to: plan.Planned | None) -> None:
    """Where the enrollment goes on; a step that is under way keeps its Message, with the new instant."""
    if to is None:
        row.state, row.ended_at = EnrollmentState.completed, system.business_now(session)
        row.next_step = row.planned_at = row.next_due_at = None
        return
    row.next_step, row.planned_at, row.next_due_at = to.step, to.at, to.at
    row.version += 1
    key = messages.step_key(row.id, to.step)
    waiting = session.scalars(select(Message).where(Message.dedupe_key == key)).first()
    if waiting is not None and waiting.state in (MessageState.queued, MessageState.claimed):
        waiting.state, waiting.planned_at, waiting.due_at = MessageState.queued, to.at, to.at
        waiting.fence += 1
        waiting.lease_token = waiting.lease_until = None
        row.next_due_at = None
