"""REMIND: the rep hears of a conversation that comes back, with how long the customer has waited."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar
from drip.engine.handoffs import notice, responsible
from drip.engine.telling import times
from drip.models import system
from drip.models.customer import Customer
from drip.models.handoff import Handoff
from drip.models.rep import Rep
from drip.models.reply import MACHINES, Reply


def of_waking(session: Session, row: Handoff) -> None:
    """One notice for this waking, which is named by the version that it brought: whose conversation it is, or who
    stands in for them today. Locks nothing: the caller has locked the row, and waits for nobody."""
    rep = responsible.today(session, row.rep_id)
    why = f"It was put off until today and is open again. {_waited(session, row, rep)}"
    notice.to_rep(session, row, f"woken:{row.version}", why, rep=rep)


def _waited(session: Session, row: Handoff, rep: Rep) -> str:
    """How long who has waited for whom, by the rep's calendar."""
    name, zone = notice.name_of(session.get_one(Customer, row.customer_id)), calendar.zone_of(rep.timezone)
    today = calendar.local_date(system.business_now(session), zone)

    def since(at: datetime) -> str:
        on = calendar.local_date(at, zone)
        return "today" if on == today else f"{times.on(on)} ({times.long(today - on)})"

    unanswered = _unanswered_since(session, row)
    if unanswered is not None:
        return f"{name} has waited for an answer since {since(unanswered)}."
    if row.answered_at is not None:
        return f"{name} has not written since our answer of {since(row.answered_at)}."
    return f"It stands open since {since(row.opened_at)}, and {name}’s check-ins wait."


def _unanswered_since(session: Session, row: Handoff) -> datetime | None:
    """When the first of their words came that nobody has answered; machines wait for nobody."""
    theirs = (Reply.handoff_id == row.id, Reply.kind.not_in(sorted(MACHINES)))
    newer = () if row.answered_at is None else (Reply.received_at > row.answered_at,)
    first: datetime | None = session.scalar(select(func.min(Reply.received_at)).where(*theirs, *newer))
    return first
