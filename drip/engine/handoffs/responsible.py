"""RESPONSIBLE: the rep whose conversation it is, or who stands in for them today."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar
from drip.models import fixed, once, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.handoff import Absence
from drip.models.message import Message
from drip.models.purchase import Purchase
from drip.models.rep import Rep, Reps


def of(session: Session, who: Customer, message_id: str | None) -> Rep:
    """The rep who sold it, or who stands in for them today."""
    reps = _reps(session)
    return _here(session, reps, reps.seller(_sold_by(session, reps, who.id, message_id)))


def today(session: Session, rep_id: int) -> Rep:
    """This rep, or who stands in for them today."""
    reps = _reps(session)
    return _here(session, reps, reps.by_id.get(rep_id, reps.first))


def look_ahead(session: Session, message_ids: Sequence[str]) -> None:
    """Ask in one for what conversations about these messages want to know one by one."""
    _sold_with(session, message_ids)


def _reps(session: Session) -> Reps:
    known = once.of(session, "reps")
    reps: Reps = known.get("all") or known.setdefault("all", Reps.of(session))
    return reps


def _here(session: Session, reps: Reps, rep: Rep) -> Rep:
    return _deputy(session, reps.first if rep.left_at else rep, reps.by_id, system.business_now(session))


def _sold_by(session: Session, reps: Reps, customer_id: int, message_id: str | None) -> str | None:
    """The rep of ours whom the purchase names that the answered mail was about; else whom the newest one names."""
    about: str | None = _sold_with(session, [message_id])[message_id] if message_id else None
    if about in reps.by_email:
        return about
    newest: str | None = fixed.run(session, _SOLD_LAST, customer_id=customer_id).scalar()
    return newest


def _sold_with(session: Session, message_ids: Sequence[str]) -> dict[str, str | None]:
    def ask(ids: list[str]) -> Iterator[tuple[str, str | None]]:
        return ((row.id, row.rep_email) for row in fixed.run(session, _SOLD_WITH, ids=ids))

    return once.asked(session, "sold with", message_ids, ask)


def _deputy(session: Session, rep: Rep, by_id: dict[int, Rep], now: datetime, hops: int = 3) -> Rep:
    """Whoever stands in today, by the rep's own calendar; deputies may be away too, but nobody is chased in a ring."""
    today = calendar.local_date(now, calendar.zone_of(rep.timezone))
    deputy = by_id.get(_stand_in(session, rep.id, today) or 0)
    gone = deputy is None or deputy.left_at is not None
    return rep if deputy is None or gone or not hops else _deputy(session, deputy, by_id, now, hops - 1)


def _stand_in(session: Session, rep_id: int, today: date) -> int | None:
    """Asked once a transaction for each rep: many mails read together are for the same few."""
    known = once.of(session, "deputies")
    if (rep_id, today) not in known:
        known[rep_id, today] = fixed.run(session, _DEPUTY, rep_id=rep_id, today=today).scalar()
    found: int | None = known[rep_id, today]
    return found


_SOLD_WITH = (
    select(Message.id, Purchase.rep_email)
    .join(Enrollment, Enrollment.id == Message.enrollment_id)
    .join(Purchase, Purchase.id == Enrollment.purchase_id)
    .where(fixed.among(Message.id, "ids"))
)
_SOLD_LAST = (
    select(Purchase.rep_email)
    .where(Purchase.customer_id == bindparam("customer_id"))
    .order_by(Purchase.purchased_at.desc())
    .limit(1)
)
_DEPUTY = (
    select(Absence.deputy_id)
    .where(Absence.rep_id == bindparam("rep_id"), Absence.from_on <= bindparam("today"))
    .where(Absence.until_on >= bindparam("today"))
    .limit(1)
)
