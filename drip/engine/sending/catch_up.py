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
from drip.models import customer, enrollment, fixed
from drip.models import message as messages
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message
from drip.models.reasons import Reason

TOGETHER = 500  # enrollments


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
    was_paused: bool = True

    @property
    def sentence(self) -> str:
        if not self.was_paused:
            return f"{self.what} was not paused; nothing was changed."
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
    found = _reached(session, gaps)
    return sum(_together(session, found[at : at + TOGETHER], gaps) for at in range(0, len(found), TOGETHER))


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


@dataclass(frozen=True, slots=True)
class _Turn:
    """One enrollment after a gap: what it has missed and leaves out, and the step that it goes on with."""

    row: Enrollment
    left_out: Sequence[plan.Planned]
    to: plan.Planned | None


@dataclass(frozen=True, slots=True)
class _Past:
    """Of some customers, by id: since when nothing but the gap has kept mail from them (not of those on hold), and of
    some enrollments until when their next step had been put off."""

    free_at: Mapping[int, datetime]
    put_off_to: Mapping[int, datetime]


def _together(session: Session, found: Sequence[RowMapping], gaps: Mapping[int, Gap]) -> int:
    """Some hundred enrollments at once: one by one, each would take nine statements while everybody waits."""
    people = customer.lock_for_gate(session, [each["customer_id"] for each in found])
    # An answer of the provider may have moved pointers until we had the customers' locks; claims take none.
    locked = enrollment.lock(session, [each["id"] for each in found])
    rows = [row for row in locked if row.state is EnrollmentState.active]
    past, rules = _past(session, rows, gaps), published.rules(session)
    turns: dict[Reason, list[_Turn]] = {}
    for row in rows:
        gap, who = gaps[row.campaign_id], people[row.customer_id]
        if turn := _turn(session, row, rules.zone(who.timezone, who.country), gap, past):
            turns.setdefault(gap.reason, []).append(turn)
    return sum(_write(session, reason, some) for reason, some in turns.items())


def _write(session: Session, reason: Reason, turns: Sequence[_Turn]) -> int:
    left_out = [(turn.row, planned) for turn in turns for planned in turn.left_out]
    pointer.leave_out(session, left_out, reason)
    pointer.redirect(session, [(turn.row, turn.to) for turn in turns])
    customer.touch(session, [turn.row.customer_id for turn in turns])
    session.flush()
    return len(left_out)


def _past(session: Session, rows: Sequence[Enrollment], gaps: Mapping[int, Gap]) -> _Past:
    """Nothing of it counts where everything moves."""
    if not rows or all(gap.days for gap in gaps.values()):
        return _Past({}, {})
    who = {row.customer_id for row in rows}
    since = min(gap.since for gap in gaps.values())
    until = max(gap.until for gap in gaps.values())  # the same for all
    held = hold.in_force(session, who, until)
    free_at = dict.fromkeys(who - held.keys(), since)
    holds = select(Hold).where(fixed.among(Hold.customer_id, sorted(free_at)), Hold.since < until)
    for each in session.scalars(holds):
        end = min(end for end in (each.released_at, each.until) if end is not None)
        free_at[each.customer_id] = max(free_at[each.customer_id], end)
    keys = {messages.step_key(row.id, row.next_step or ""): row.id for row in rows}
    put_off = select(Message.dedupe_key, Message.due_at).where(fixed.among(Message.dedupe_key, [*keys]))
    return _Past(free_at, {keys[row.dedupe_key]: row.due_at for row in session.execute(put_off)})


def _turn(session: Session, row: Enrollment, zone: ZoneInfo, gap: Gap, past: _Past) -> _Turn | None:
    campaign, hours = published.version(session, row.version_id).campaign, published.rules(session).hours
    if gap.days:  # what moves was not missed
        row.anchor_at += timedelta(days=gap.days)
        row.shift_days += gap.days
        row.made_up_step = None
        return _Turn(row, (), plan.of(plan.Frame(campaign, row.anchor_at, zone, hours), row.next_step or ""))
    frame = plan.Frame(campaign, row.anchor_at, zone, hours)
    gone = _missed(row, frame, gap, past)
    if not gone:
        return None
    if gap.missed is Missed.latest:
        row.made_up_step = gone[-1].step
        return _Turn(row, gone[:-1], plan.Planned(gone[-1].step, calendar.next_open(gap.until, hours, zone)))
    row.made_up_step = None
    return _Turn(row, gone, plan.following(frame, gone[-1].step))


def _missed(row: Enrollment, frame: plan.Frame, gap: Gap, past: _Past) -> list[plan.Planned]:
    """From the next step on, those that could have left on a day that has gone by, had it not been for the gap: what
    a hold, the cap or the calendar has kept back until today is not among them."""
    free_at = past.free_at.get(row.customer_id)
    if free_at is None:
        return []
    free_at, today = max(free_at, gap.since), calendar.local_date(gap.until, frame.zone)
    chances = (
        (each, calendar.next_open(max(at, free_at), frame.hours, frame.zone))
        for each, at in _from_next(row, frame, past)
    )
    gone = itertools.takewhile(lambda chance: calendar.local_date(chance[1], frame.zone) < today, chances)
    return [each for each, _ in gone]


def _from_next(row: Enrollment, frame: plan.Frame, past: _Past) -> list[tuple[plan.Planned, datetime]]:
    """The next step as it stands planned, which may be off the calendar, then those after it; each with the instant
    at which it would have been due."""
    year = plan.year(frame)
    steps = [each.step for each in year]
    if row.next_step not in steps or row.planned_at is None:
        return []
    next_one = plan.Planned(row.next_step, row.planned_at)
    after = [(each, each.at) for each in year[steps.index(row.next_step) + 1 :]]
    return [(next_one, max(row.planned_at, past.put_off_to.get(row.id, row.planned_at))), *after]
