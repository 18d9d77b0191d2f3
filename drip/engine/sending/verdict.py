"""The last look, as a pure rule: facts about one message in, one verdict with its reason out (DESIGN.md promise 4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.campaigns import calendar
from drip.models.enrollment import EnrollmentState
from drip.models.purchase import PurchaseStatus
from drip.models.reasons import Reason

SOON = timedelta(seconds=5)  # when something of ours, not of the customer's, stands in the way


@dataclass(frozen=True, slots=True)
class Pass:
    """It may leave now; `contact_day` is the local day that it counts on."""

    contact_day: date


@dataclass(frozen=True, slots=True)
class PutOff:
    """Not now: back to the queue until `until` (business time)."""

    reason: Reason
    until: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """Never this step; the enrollment goes on with the next one."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Never this step nor any later one of the enrollment, which ends with the same reason."""

    reason: Reason
    detail: str = ""


Verdict = Pass | PutOff | Skip | Cancel


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for every message of one gate."""

    now: datetime
    may_leave: bool
    why_not: str
    hours: calendar.Hours
    cap_days: int
    expires_after: timedelta


@dataclass(frozen=True, slots=True)
class Sight:
    """What the gate sees of one check-in, under the customer's lock."""

    due_at: datetime
    planned_at: datetime
    zone: ZoneInfo
    erased: bool
    enrollment_state: EnrollmentState
    enrollment_reason: Reason | None
    purchase_status: PurchaseStatus
    suppressed: Reason | None
    campaign_runs: bool
    changed: bool
    held: Reason | None
    held_until: datetime | None
    held_seconds: float
    objection: Skip | None
    listed: bool
    contacted: date | None
    provider: Reason | None


def judge(sight: Sight, around: Surroundings) -> Verdict:
    """The first thing that speaks against it decides; stops for ever come before delays."""
    return (
        _stopped(sight)
        or _ours(sight, around)
        or _waiting(sight)
        or _outdated(sight, around)
        or _pointless(sight, around)
        or _too_early(sight, around)
        or Pass(calendar.local_date(around.now, sight.zone))
    )


def expires_at(planned_at: datetime, expires_after: timedelta, held_seconds: float) -> datetime:
    """When a step has lost its point: time on hold does not count (promise 7)."""
    return planned_at + expires_after + timedelta(seconds=held_seconds)


def _stopped(sight: Sight) -> Cancel | None:
    if sight.erased:
        return Cancel(Reason.erased)
    if sight.suppressed:
        return Cancel(sight.suppressed)
    if sight.purchase_status is PurchaseStatus.refunded:
        return Cancel(Reason.refunded)
    if sight.purchase_status is PurchaseStatus.cancelled:
        return Cancel(Reason.cancelled_purchase)
    if sight.enrollment_state in (EnrollmentState.exited, EnrollmentState.completed):
        return Cancel(sight.enrollment_reason or Reason.manual)
    return None


def _ours(sight: Sight, around: Surroundings) -> PutOff | None:
    if not around.may_leave:
        return PutOff(Reason.system_paused, sight.due_at, around.why_not)
    if not sight.campaign_runs:
        return PutOff(Reason.campaign_paused, sight.due_at)
    return None


def _waiting(sight: Sight) -> PutOff | None:
    if sight.enrollment_state is EnrollmentState.paused:
        return PutOff(sight.enrollment_reason or Reason.manual, sight.due_at)
    if sight.held:
        return PutOff(sight.held, sight.held_until or sight.due_at)
    return None


def _outdated(sight: Sight, around: Surroundings) -> PutOff | None:
    """The letter says what no longer holds; after the stops, because those are better reasons and also changes."""
    return PutOff(Reason.changed, around.now) if sight.changed else None


def _pointless(sight: Sight, around: Surroundings) -> Skip | None:
    if around.now >= expires_at(sight.planned_at, around.expires_after, sight.held_seconds):
        return Skip(Reason.expired)
    if sight.objection:
        return sight.objection
    return None if sight.listed else Skip(Reason.not_listed)


def _too_early(sight: Sight, around: Surroundings) -> PutOff | None:
    if not calendar.is_open(around.now, around.hours, sight.zone):
        return PutOff(Reason.outside_window, calendar.next_open(around.now, around.hours, sight.zone))
    if sight.contacted:
        days = around.cap_days - (calendar.local_date(around.now, sight.zone) - sight.contacted).days
        return PutOff(Reason.capped, calendar.next_day(around.now, around.hours, sight.zone, days))
    if sight.provider:
        return PutOff(sight.provider, around.now + SOON)
    return None
