"""A customer's LIFE with us: every campaign that they walk, step by step, read from SQL and explained."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, definition, published
from drip.engine.handoffs import hold
from drip.engine.people import suppress
from drip.engine.sending import draft, plan
from drip.engine.telling import explain, moved, sentences
from drip.models import system
from drip.models.campaign import Campaign, CampaignState, CampaignVersion
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment
from drip.models.message import Message
from drip.models.purchase import Promise, Purchase, PurchaseStatus
from drip.models.suppression import Suppression
from drip.models.system import Breaker, BreakerState


@dataclass(frozen=True, slots=True)
class Walk:
    """One purchase walking one campaign, with its whole year."""

    enrollment: Enrollment
    purchase: Purchase
    campaign: definition.Campaign
    number: int
    steps: tuple[explain.Told, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """A customer, the zone in which their days are counted, and everything they will live through."""

    customer: Customer
    zone: calendar.ZoneChoice
    walks: tuple[Walk, ...]
    unmatched: tuple[explain.Told, ...]
    suppressions: tuple[Suppression, ...]
    hold: Row[Any] | None

    def steps(self, step: str | None = None) -> list[explain.Told]:
        """Every step that goes by this name, the newest enrollment's first; those of no enrollment last."""
        walked = [told for walk in self.walks for told in walk.steps]
        return [told for told in (*walked, *self.unmatched) if step is None or told.step == step]


def of(session: Session, customer: Customer, key: bytes) -> Life:
    """Everything about one customer, from SQL; `key` recognises suppressed addresses."""
    rules = published.rules(session)
    choice = calendar.zone_for(customer.timezone, customer.country, rules.company.timezone)
    now = system.now(session)
    held = hold.in_force(session, {customer.id}, now.business_at).get(customer.id)
    suppressed = tuple(suppress.in_force(session, customer, key))
    down = session.get_one(Breaker, 1).state is not BreakerState.closed
    around = explain.Around(now, provider_down=down, suppressed=bool(suppressed), hold=held)
    walks = tuple(_walks(session, customer, choice, around))
    return Life(customer, choice, walks, tuple(_unmatched(session, customer, walks)), suppressed, held)


def _walks(session: Session, customer: Customer, choice: calendar.ZoneChoice, around: explain.Around) -> Iterator[Walk]:
    rows = session.execute(
        select(Enrollment, Purchase, Campaign)
        .join(Purchase, Purchase.id == Enrollment.purchase_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(Enrollment.customer_id == customer.id)
        .order_by(Enrollment.anchor_at.desc(), Enrollment.id.desc())
    ).all()
    messages = _messages(session, customer.id)
    around = replace(around, past=_past(session, customer.id))
    facts = {purchase.id: known for purchase, known in _facts(session, customer)}
    hours, zone = published.rules(session).hours, calendar.zone_of(choice.zone_name)
    for row in rows:
        version = published.version(session, row.Enrollment.version_id)
        delivered = version.campaign.anchor == "delivered_at" and row.Purchase.delivered_at is not None
        sight = explain.Sight(
            enrollment=row.Enrollment,
            frame=plan.Frame(version.campaign, row.Enrollment.anchor_at, zone, hours),
            whose=choice,
            facts=facts[row.Purchase.id],
            anchor="delivered_at" if delivered else "purchased_at",
            around=replace(around, campaign_paused=row.Campaign.state is not CampaignState.active),
        )
        steps = tuple(explain.steps(sight, messages[row.Enrollment.id]))
        yield Walk(row.Enrollment, row.Purchase, version.campaign, version.number, steps)


def _past(session: Session, customer_id: int) -> moved.Past:
    """What has ever kept this customer's check-ins back, those that walk no campaign any more too."""
    left = select(Message.id, Message.contact_day).where(
        Message.customer_id == customer_id, Message.contact_day.is_not(None)
    )
    holds = session.scalars(select(Hold).where(Hold.customer_id == customer_id)).all()
    days = tuple((row.id, row.contact_day) for row in session.execute(left))
    return moved.Past(holds, days, published.rules(session).sending.cap_days)


def _facts(session: Session, customer: Customer) -> list[tuple[Purchase, definition.PurchaseFacts]]:
    """What conditions are judged by, for each purchase of the customer."""
    purchases = session.scalars(select(Purchase).where(Purchase.customer_id == customer.id)).all()
    promises = _promises(session, [purchase.id for purchase in purchases])
    return [
        (each, draft.purchase_facts(each, promises[each.id], customer.country, len(purchases))) for each in purchases
    ]


def _messages(session: Session, customer_id: int) -> dict[int, dict[str, Message]]:
    """By enrollment and step: the check-in, or what a rep wrote in its place."""
    found: dict[int, dict[str, Message]] = defaultdict(dict)
    for each in session.scalars(select(Message).where(Message.customer_id == customer_id)):
        if each.enrollment_id is not None and each.step is not None:
            found[each.enrollment_id][each.step] = each
    return found


def _promises(session: Session, purchase_ids: Sequence[int]) -> dict[int, list[Promise]]:
    found: dict[int, list[Promise]] = defaultdict(list)
    for promise in session.scalars(select(Promise).where(Promise.purchase_id.in_(purchase_ids))):
        found[promise.purchase_id].append(promise)
    return found


def _unmatched(session: Session, customer: Customer, walks: Sequence[Walk]) -> Iterator[explain.Told]:
    """Steps of campaigns in which this customer is not enrolled at all."""
    walked = {walk.campaign.name for walk in walks}
    facts = [known for purchase, known in _facts(session, customer) if purchase.status is PurchaseStatus.paid]
    for row in session.scalars(select(Campaign).order_by(Campaign.id)):
        newest = None if row.name in walked else _newest(session, row.id)
        if newest is None:
            continue
        sentence = sentences.not_enrolled(newest.campaign, fits=any(_fits(newest, known) for known in facts))
        for step in newest.campaign.steps:
            yield explain.Told(row.name, step.id, step.day, explain.NOT_ENROLLED, None, sentence)


def _fits(version: published.Version, facts: definition.PurchaseFacts) -> bool:
    return definition.matches(version.campaign.match, facts)


def _newest(session: Session, campaign_id: int) -> published.Version | None:
    ids = select(CampaignVersion.id).where(CampaignVersion.campaign_id == campaign_id)
    newest = session.scalar(ids.order_by(CampaignVersion.number.desc()).limit(1))
    return published.version(session, newest) if newest else None
