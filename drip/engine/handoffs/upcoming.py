"""UPCOMING: the check-in that comes next for a customer in a conversation, whatever has become of the one before."""

from collections.abc import Iterator

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from drip.campaigns import definition, published
from drip.engine.sending import draft, plan
from drip.models import message
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import Handoff
from drip.models.purchase import Promise, Purchase


def of(session: Session, row: Handoff) -> Enrollment | None:
    """The enrollment whose `next_step` it is: that of the mail they answered while it has one to come, else the one
    of theirs that comes first. None when none comes."""
    elsewhere = case((Enrollment.id == (row.enrollment_id or 0), 0), else_=1)
    coming = select(Enrollment).where(
        Enrollment.customer_id == row.customer_id,
        Enrollment.state == EnrollmentState.active,
        Enrollment.next_step.is_not(None),
    )
    first = coming.order_by(elsewhere, Enrollment.planned_at, Enrollment.id).limit(1)
    return session.scalars(first.execution_options(populate_existing=True)).first()


def key(walk: Enrollment) -> str:
    """What names its next check-in on a page and in a form, so that nobody replaces one that they have not seen."""
    return message.step_key(walk.id, walk.next_step or "")


def would_leave(session: Session, walk: Enrollment) -> plan.Planned | None:
    """The first of its check-ins to come whose condition holds as things stand, with its planned instant."""
    facts = known(session, walk)
    version = published.version(session, walk.version_id)
    whens = {step.id: step.when for step in version.campaign.steps}
    for planned in _to_come(session, walk, version):
        when = whens[planned.step]
        if when is None or definition.holds(when, facts):
            return planned
    return None


def known(session: Session, walk: Enrollment) -> definition.PurchaseFacts:
    """What the conditions of its steps are judged by."""
    purchase, who = session.get_one(Purchase, walk.purchase_id), session.get_one(Customer, walk.customer_id)
    promises = session.scalars(select(Promise).where(Promise.purchase_id == purchase.id)).all()
    count = session.scalar(select(func.count()).where(Purchase.customer_id == who.id)) or 0
    return draft.purchase_facts(purchase, promises, who.country, count)


def _to_come(session: Session, walk: Enrollment, version: published.Version) -> Iterator[plan.Planned]:
    """From its next step on; that one by its own instant, which a pause may have moved off the calendar."""
    rules, who = published.rules(session), session.get_one(Customer, walk.customer_id)
    zone = rules.zone(who.timezone, who.country)
    year = plan.year(plan.Frame(version.campaign, walk.anchor_at, zone, rules.hours))
    steps = [planned.step for planned in year]
    if walk.next_step in steps:
        place = steps.index(walk.next_step)
        yield plan.Planned(walk.next_step, walk.planned_at or year[place].at)
        yield from year[place + 1 :]
