"""A step's letter as one customer would get it, and whether and when they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, definition, published
from drip.engine.purchases import enroll_terms
from drip.engine.sending import draft, letter
from drip.engine.telling import explain, life
from drip.mail import outgoing, render
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.purchase import Promise, Purchase
from drip.models.rep import Reps
from drip.web.reading import people as reading
from drip.web.reading import plans

LOOKED_AT = 100
NOT_THEIRS = "Never: the version that they started with has no such check-in."


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is read: a step of a campaign as one of its versions has it."""

    plan: plans.Plan
    version: published.Version
    step: definition.Step


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a letter is written: a customer with one purchase, which walks the campaign or does not."""

    customer: Customer
    purchase: Purchase
    promises: Sequence[Promise]
    anchor_at: datetime
    purchases: int
    enrollment_id: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What they would read; without a letter, `trouble` says why there is none. `told`: whether and when they get it,
    in one sentence; `walks`: the number of the version that they started with; `skipped`: its condition keeps it back.
    """

    reader: Reader
    from_name: str
    from_address: str
    zone: calendar.ZoneChoice
    told: str
    walks: int | None
    skipped: bool
    letter: render.Letter | None
    trouble: str = ""


def reader(session: Session, sheet: Sheet, customer_id: int | None) -> Reader | None:
    """The customer asked for, with the purchase that walks this version, else this campaign, else their newest; without
    one asked for, whoever was enrolled last and would get this step: of the last 100, else the last of all."""
    if customer_id is not None:
        return next(_readers(session, sheet, Purchase.customer_id == customer_id, limit=1), None)
    newest = None
    for found in _readers(session, sheet, Enrollment.id.is_not(None), limit=LOOKED_AT):
        if applies(sheet.step, found):
            return found
        newest = newest or found
    return newest


def applies(step: definition.Step, found: Reader) -> bool:
    """Whether the step's condition holds for them now."""
    facts = draft.purchase_facts(found.purchase, found.promises, found.customer.country, found.purchases)
    return step.when is None or definition.holds(step.when, facts)


def preview(session: Session, sheet: Sheet, found: Reader, *, way_out: str, key: bytes) -> Preview:
    """The letter as it would be written on the day on which it is planned; `key` recognises suppressed addresses."""
    rules = published.rules(session)
    choice = calendar.zone_for(found.customer.timezone, found.customer.country, rules.company.timezone)
    zone = calendar.zone_of(choice.zone_name)
    planned = calendar.planned(found.anchor_at, sheet.step.day, rules.hours, zone)
    rep = Reps.of(session).seller(found.purchase.rep_email)
    about = letter.About(found.customer, found.purchase, found.promises, rep, rules.company, zone, planned, way_out)
    written, trouble = _written(sheet.version.letter(sheet.step.id), letter.context(about))
    lived = life.of(session, found.customer, key)
    walk = next((each for each in lived.walks if each.enrollment.id == found.enrollment_id), None)
    told = _told(sheet, lived, walk)
    return Preview(
        reader=found,
        from_name=outgoing.shown(rep.name),
        from_address=f"{rep.email.partition('@')[0]}@{rules.sending.inbound_domain}",
        zone=choice,
        told=told.sentence if told else NOT_THEIRS,
        walks=walk.number if walk else None,
        skipped=not (told and told.handed_at) and not applies(sheet.step, found),
        letter=written,
        trouble=trouble,
    )


def _told(sheet: Sheet, lived: life.Life, walk: life.Walk | None) -> explain.Told | None:
    """What explains this step to them; None when they walk a version that has no such step."""
    if walk is None:
        return next((told for told in lived.unmatched if told.campaign == sheet.plan.row.name), None)
    return next((told for told in walk.steps if told.step == sheet.step.id), None)


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


def _readers(session: Session, sheet: Sheet, wanted: ColumnElement[bool], *, limit: int) -> Iterator[Reader]:
    """Purchases on this version come first, then others of this campaign, the newest before the older; read one by one,
    as they are asked for."""
    here = (Enrollment.purchase_id == Purchase.id) & (Enrollment.campaign_id == sheet.plan.row.id)
    rows = select(Purchase, Enrollment.anchor_at, Enrollment.id).outerjoin(Enrollment, here).where(wanted)
    order = (Enrollment.id.is_(None), Enrollment.version_id != sheet.version.id, Enrollment.id.desc())
    for bought, anchor_at, walk_id in session.execute(rows.order_by(*order, Purchase.id.desc()).limit(limit)).all():
        anchor = anchor_at or enroll_terms.anchor(sheet.version.campaign, bought.purchased_at, bought.delivered_at)
        yield _reader(session, bought, anchor, walk_id)


def _reader(session: Session, purchase: Purchase, anchor_at: datetime, enrollment_id: int | None) -> Reader:
    customer = session.get_one(Customer, purchase.customer_id)
    promises = session.scalars(select(Promise).where(Promise.purchase_id == purchase.id).order_by(Promise.id)).all()
    count = session.scalar(select(func.count()).where(Purchase.customer_id == customer.id)) or 1
    return Reader(customer, purchase, promises, anchor_at, count, enrollment_id)
