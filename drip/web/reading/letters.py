"""A step's letter as one customer would get it, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, definition, published
from drip.engine.purchases import enroll_terms
from drip.engine.sending import draft, letter
from drip.mail import outgoing, render
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.purchase import Promise, Purchase
from drip.models.rep import Reps
from drip.web.reading import people as reading
from drip.web.reading import plans

LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a letter is written: a customer with one purchase."""

    customer: Customer
    purchase: Purchase
    promises: Sequence[Promise]
    anchor_at: datetime
    purchases: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What they would read; without a letter, `trouble` says why there is none."""

    reader: Reader
    from_name: str
    from_address: str
    planned_at: datetime
    zone: calendar.ZoneChoice
    skipped: bool
    letter: render.Letter | None
    trouble: str = ""


def reader(session: Session, plan: plans.Plan, step: definition.Step, customer_id: int | None) -> Reader | None:
    """The customer asked for, with the purchase that walks this campaign, else their newest; without one asked for,
    whoever was enrolled last and would get this step: of the last 100, else the last of all."""
    if customer_id is not None:
        return next(_readers(session, plan, Purchase.customer_id == customer_id, limit=1), None)
    newest = None
    for found in _readers(session, plan, Enrollment.id.is_not(None), limit=LOOKED_AT):
        if applies(step, found):
            return found
        newest = newest or found
    return newest


def applies(step: definition.Step, found: Reader) -> bool:
    """Whether the step's condition holds for them now."""
    facts = draft.purchase_facts(found.purchase, found.promises, found.customer.country, found.purchases)
    return step.when is None or definition.holds(step.when, facts)


def preview(
    session: Session, version: published.Version, step: definition.Step, found: Reader, *, way_out: str
) -> Preview:
    """The letter as it would be written on the day on which it is planned."""
    rules = published.rules(session)
    choice = calendar.zone_for(found.customer.timezone, found.customer.country, rules.company.timezone)
    zone = calendar.zone_of(choice.zone_name)
    planned = calendar.planned(found.anchor_at, step.day, rules.hours, zone)
    rep = Reps.of(session).seller(found.purchase.rep_email)
    context = letter.context(
        letter.About(found.customer, found.purchase, found.promises, rep, rules.company, zone, planned, way_out)
    )
    written, trouble = _written(version.letter(step.id), context)
    address = f"{rep.email.partition('@')[0]}@{rules.sending.inbound_domain}"
    return Preview(
        found, outgoing.shown(rep.name), address, planned, choice, not applies(step, found), written, trouble
    )


def people(session: Session, campaign_id: int, words: str, limit: int = 12) -> Sequence[Customer]:
    """Customers whose name or address holds these words; those of this campaign first."""
    mine = select(Enrollment.id).where(Enrollment.customer_id == Customer.id, Enrollment.campaign_id == campaign_id)
    rows = select(Customer).where(reading.called(words))
    return session.scalars(rows.order_by(mine.exists().desc(), Customer.id.desc()).limit(limit)).all()


def _written(compiled: render.Compiled, context: dict[str, object]) -> tuple[render.Letter | None, str]:
    try:
        return render.render(compiled, context), ""
    except render.RenderError as error:
        return None, str(error)


def _readers(session: Session, plan: plans.Plan, wanted: ColumnElement[bool], *, limit: int) -> Iterator[Reader]:
    """Purchases on this campaign come first, the newest before the older; read one by one, as they are asked for."""
    here = (Enrollment.purchase_id == Purchase.id) & (Enrollment.campaign_id == plan.row.id)
    rows = select(Purchase, Enrollment.anchor_at).outerjoin(Enrollment, here).where(wanted)
    order = (Enrollment.id.is_(None), Enrollment.id.desc(), Purchase.id.desc())
    for bought, anchor_at in session.execute(rows.order_by(*order).limit(limit)).all():
        anchor = anchor_at or enroll_terms.anchor(plan.version.campaign, bought.purchased_at, bought.delivered_at)
        yield _reader(session, bought, anchor)


def _reader(session: Session, purchase: Purchase, anchor_at: datetime) -> Reader:
    customer = session.get_one(Customer, purchase.customer_id)
    promises = session.scalars(select(Promise).where(Promise.purchase_id == purchase.id).order_by(Promise.id)).all()
    count = session.scalar(select(func.count()).where(Purchase.customer_id == customer.id)) or 1
    return Reader(customer, purchase, promises, anchor_at, count)
