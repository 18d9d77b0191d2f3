"""CATCH UP: what fell due while nothing could leave follows one of three policies, never a burst."""

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.engine.handoffs import hold
from drip.engine.sending import plan, pointer
from drip.models import customer, system
from drip.models import message as messages
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason


class Missed(StrEnum):
    """Check-ins whose local day went by meanwhile."""

    skip = "skip"  # leave them out (default)
    latest = "latest"  # send only the last one of each customer
    shift = "shift"  # move the whole rest by the length of the gap


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nothing of a campaign left (business time): what becomes of what it missed, and why it did."""

    since: datetime
    until: datetime
    missed: Missed
    reason: Reason

    @property
    def days(self) -> int:
        """By how many days `shift` moves the rest."""
        return (self.until - self.since).days if self.missed is Missed.shift else 0


@dataclass(frozen=True, slots=True)
class Resumed:
    """What going on did."""

    what: str
    skipped: int = 0
    shifted_days: int = 0

    @property
    def sentence(self) -> str:
        if self.shifted_days:
            days = "1 day" if self.shifted_days == 1 else f"{self.shifted_days} days"
            return f"{self.what} goes on, {days} later than planned."
        if not self.skipped:
            return f"{self.what} goes on; no check-in was left out."
        left_out = "1 check-in that was" if self.skipped == 1 else f"{self.skipped} check-ins that were"
        return f"{self.what} goes on; {left_out} missed meanwhile {'is' if self.skipped == 1 else 'are'} left out."


def catch_up(session: Session, gaps: Mapping[int, Gap]) -> int:
    """Each campaign (by id) after its gap; how many check-ins were left out. The caller holds the campaigns' locks or
    the system's, so that nothing leaves meanwhile.

    A step that is under way keeps its Message. `latest` makes up for one missed step, planned anew for now, since by
    its own day it might have expired.
    """
    return sum(_catch_up(session, row, gaps[row["campaign_id"]]) for row in _reached(session, gaps))


def _reached(session: Session, gaps: Mapping[int, Gap]) -> Sequence[RowMapping]:
    """Active enrollments that a gap concerns, in the order in which everybody locks customers."""
    mine = [found for campaign_id, gap in gaps.items() if (found := _concerned(campaign_id, gap)) is not None]
    rows = select(
        Enrollment.id, Enrollment.campaign_id, Enrollment.customer_id, Customer.timezone, Customer.country
    ).join(Customer, Customer.id == Enrollment.customer_id)
    if not mine:
        return ()
    walking = rows.where(or_(*mine), Enrollment.state == EnrollmentState.active)
    ordered = session.execute(walking.order_by(Enrollment.customer_id, Enrollment.id)).mappings()
    rules = published.rules(session)
    zones = ((row, rules.zone(row["timezone"], row["country"])) for row in ordered)
    return [row for row, zone in zones if _lost_a_day(gaps[row["campaign_id"]], rules.hours, zone)]


@functools.lru_cache(maxsize=4096)
def _lost_a_day(gap: Gap, hours: calendar.Hours, zone: ZoneInfo) -> bool:
    """Whether anything at all can have been missed where this clock hangs: after a short pause, of nobody."""
    opened = calendar.next_open(gap.since, hours, zone)
    return bool(gap.days) or calendar.local_date(opened, zone) < calendar.local_date(gap.until, zone)


def _concerned(campaign_id: int, gap: Gap) -> ColumnElement[bool] | None:
    """All of them where everything moves, else those whose next step was planned by the end of the gap."""
    if gap.missed is Missed.shift:
        return Enrollment.campaign_id == campaign_id if gap.days else None
    return and_(Enrollment.campaign_id == campaign_id, Enrollment.planned_at <= gap.until)


def _catch_up(session: Session, found: RowMapping, gap: Gap) -> int:
    who = customer.lock(session, [found["customer_id"]])[found["customer_id"]]
    # An answer of the provider may have moved the pointer until we had the customer's lock.
    row = session.get_one(Enrollment, found["id"], populate_existing=True)
    if row.state is not EnrollmentState.active:
        return 0
    frame = _frame(session, row, who)
    gone = [] if gap.days else _missed(session, row, frame, gap)  # what moves was not missed
    if not gone and not gap.days:
        return 0
    left_out = _leave_out(session, row, gone, gap)
    row.made_up_step = gone[-1].step if gone and gap.missed is Missed.latest else None
    _point(session, row, _goes_on_with(session, row, who, gone, gap))
    who.version += 1
    return left_out


def _frame(session: Session, row: Enrollment, who: Customer) -> plan.Frame:
    rules = published.rules(session)
    campaign = published.version(session, row.version_id).campaign
    return plan.Frame(campaign, row.anchor_at, rules.zone(who.timezone, who.country), rules.hours)


def _missed(session: Session, row: Enrollment, frame: plan.Frame, gap: Gap) -> list[plan.Planned]:
    """From the next step on, those that could have left on a day that has gone by, had it not been for the gap: what
    a hold, the cap or the calendar has kept back until today is not among them."""
    free_at = _free_at(session, row, gap)
    if free_at is None:
        return []
    today = calendar.local_date(gap.until, frame.zone)
    chances = (
        (each, calendar.next_open(max(at, free_at), frame.hours, frame.zone))
        for each, at in _from_next(session, row, frame)
    )
    gone = itertools.takewhile(lambda chance: calendar.local_date(chance[1], frame.zone) < today, chances)
    return [each for each, _ in gone]


def _free_at(session: Session, row: Enrollment, gap: Gap) -> datetime | None:
    """Since when nothing but the gap has kept mail from this customer; None while they are on hold."""
    if hold.in_force(session, [row.customer_id], gap.until):
        return None
    rows = session.scalars(select(Hold).where(Hold.customer_id == row.customer_id, Hold.since < gap.until))
    ends = (min(end for end in (each.released_at, each.until) if end is not None) for each in rows)
    return max((gap.since, *ends))


def _from_next(session: Session, row: Enrollment, frame: plan.Frame) -> list[tuple[plan.Planned, datetime]]:
    """The next step as it stands planned, which may be off the calendar, then those after it; each with the instant
    at which it would have been due."""
    year = plan.year(frame)
    steps = [each.step for each in year]
    if row.next_step not in steps or row.planned_at is None:
        return []
    next_one = plan.Planned(row.next_step, row.planned_at)
    after = [(each, each.at) for each in year[steps.index(row.next_step) + 1 :]]
    return [(next_one, max(row.planned_at, _put_off_to(session, row) or row.planned_at)), *after]


def _put_off_to(session: Session, row: Enrollment) -> datetime | None:
    key = messages.step_key(row.id, row.next_step or "")
    return session.scalar(select(Message.due_at).where(Message.dedupe_key == key))


def _leave_out(session: Session, row: Enrollment, gone: Sequence[plan.Planned], gap: Gap) -> int:
    """Writes why; the last one stays where it is to be made up for, and all do where everything moves."""
    kept = {Missed.skip: len(gone), Missed.latest: len(gone) - 1, Missed.shift: 0}[gap.missed]
    for planned in gone[: max(kept, 0)]:
        pointer.leave_out(session, row, planned, gap.reason)
    return max(kept, 0)


def _goes_on_with(
    session: Session, row: Enrollment, who: Customer, gone: Sequence[plan.Planned], gap: Gap
) -> plan.Planned | None:
    if gap.missed is Missed.shift:
        row.anchor_at += timedelta(days=gap.days)
        row.shift_days += gap.days
        return plan.of(_frame(session, row, who), row.next_step or "")
    frame = _frame(session, row, who)
    if gap.missed is Missed.latest:
        return plan.Planned(gone[-1].step, calendar.next_open(gap.until, frame.hours, frame.zone))
    return plan.following(frame, gone[-1].step)


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
