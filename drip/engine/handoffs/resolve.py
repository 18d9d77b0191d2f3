"""RESOLVE: the rep decides what the campaigns do next; the effect of each choice is told before it is made."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import calendar, published
from drip.engine.handoffs import hold, upcoming
from drip.engine.telling import times
from drip.models import audit, customer, enrollment, handoff, system
from drip.models import message as messages
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import Handoff, HandoffState, Resolution
from drip.models.reasons import Reason

LONGEST_WAIT = timedelta(days=366)


class UnansweredDateError(errors.DripError):
    """Say on which day the check-ins may go on: one of the coming 366."""


def resolve(session: Session, handoff_id: int, how: Resolution, on: date | None, actor: str) -> Handoff:
    """Close a conversation; idempotent. The hold of the handoff ends, and what follows depends on `how`."""
    row = handoff.locked(session, handoff_id)
    if row.state is HandoffState.closed:
        return row
    now = system.business_now(session)
    if how is Resolution.resume_on and not _is_near(on, now):
        raise UnansweredDateError(str(UnansweredDateError.__doc__))
    on = on if how is Resolution.resume_on else None
    _carry_out(session, row, how, on, now)
    row.state, row.resolution, row.resume_on = HandoffState.closed, how, on
    row.closed_at, row.closed_by, row.version = now, actor, row.version + 1
    audit.note(session, actor, f"resolve {how.value}", f"handoff:{handoff_id}", on.isoformat() if on else "")
    return row


def effects(session: Session, row: Handoff) -> dict[Resolution, str]:
    """One sentence for each choice: what this customer would live through."""
    who = session.get_one(Customer, row.customer_id)
    rules = published.rules(session)
    rest = system.business_now(session) + timedelta(days=rules.sending.cool_off_days)
    zone = rules.zone(who.timezone, who.country)
    quiet = f"Quiet until {times.on(calendar.local_date(rest, zone))}, then "
    return {
        Resolution.resume: quiet + _next_said(session, who, rest),
        Resolution.resume_on: (
            f"Quiet until the day you name, and until {times.on(calendar.local_date(rest, zone))} at least; "
            "then the check-ins go on."
        ),
        Resolution.take_over: "No more check-ins for what they have bought; you write yourself.",
        Resolution.stop: "All check-ins end; they hear from us only if they write.",
    }


def _carry_out(session: Session, row: Handoff, how: Resolution, on: date | None, now: datetime) -> None:
    who = row.customer_id
    rest = timedelta(days=published.rules(session).sending.cool_off_days)
    hold.release(session, who, Reason.handoff_open)
    hold.release_read(session, who)
    if how is Resolution.resume:
        hold.hold(session, who, hold.Cause(Reason.cool_off, f"after handoff {row.id}", now + rest))
    elif how is Resolution.resume_on and on is not None:
        until = max(_start_of(session, who, on), now + rest)  # a day too near does not shorten the cool-off
        hold.hold(session, who, hold.Cause(Reason.not_now, f"handoff {row.id}", until))
    else:
        _end_all(session, who, Reason.replaced_by_rep if how is Resolution.take_over else Reason.manual, now)


def _is_near(on: date | None, now: datetime) -> bool:
    return on is not None and now.date() - timedelta(days=1) <= on <= (now + LONGEST_WAIT).date()


def _start_of(session: Session, customer_id: int, on: date) -> datetime:
    who = session.get_one(Customer, customer_id)
    zone = published.rules(session).zone(who.timezone, who.country)
    return calendar.instant(on, time(), zone).astimezone(UTC)


def _end_all(session: Session, customer_id: int, reason: Reason, now: datetime) -> None:
    customer.lock(session, [customer_id])
    walking = (EnrollmentState.active, EnrollmentState.paused)
    mine = select(Enrollment.id).where(Enrollment.customer_id == customer_id, Enrollment.state.in_(walking))
    ids = list(session.scalars(mine))
    enrollment.exit_all(session, ids, reason, now)
    messages.cancel_waiting(session, ids, reason, now)


def _next_said(session: Session, who: Customer, rest: datetime) -> str:
    coming = [(planned, walk) for walk in _walks(session, who.id) if (planned := upcoming.would_leave(session, walk))]
    if not coming:
        return "nothing more: no check-in is left."
    first, walk = min(coming, key=lambda each: each[0].at)
    rules = published.rules(session)
    zone = rules.zone(who.timezone, who.country)
    at = calendar.next_open(max(first.at, rest), rules.hours, zone)
    title = published.version(session, walk.version_id).campaign.title
    return f"“{first.step}” of {title} on {times.on(calendar.local_date(at, zone))}."


def _walks(session: Session, customer_id: int) -> list[Enrollment]:
    mine = (Enrollment.customer_id == customer_id, Enrollment.state == EnrollmentState.active)
    return list(session.scalars(select(Enrollment).where(*mine)))
