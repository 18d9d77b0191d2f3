"""FORECAST: the check-ins that new purchases would bring, day by day, by the rules that enroll and gate follow."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlalchemy.orm import Session

from drip import tokens
from drip.campaigns import calendar, definition, published, rehearse
from drip.engine.purchases import enroll, enroll_terms, imports, intake_effects, intake_rows, repeat
from drip.engine.purchases.compare import Bought
from drip.engine.purchases.intake_people import Person
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.engine.sending import plan
from drip.engine.telling import clauses
from drip.models import enrollment, purchase, suppression
from drip.models.purchase import PurchaseStatus, SourceKey

AT_ONCE = 500
NOBODY = 0  # the id of a customer whom we don't know yet
MOST_NAMED = 3  # campaigns in one sentence
_NEW = 2**62  # new purchases come after all that have an id already


@dataclass(slots=True)
class Buyer:
    """One customer of a file: what would be known of them, when they bought last, and what is new."""

    person: Person
    newest: datetime | None
    bought: dict[SourceKey, PurchaseIn]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the rehearsal hangs on, and where it counts."""

    rules: published.Rules
    versions: tuple[published.Version, ...]
    now: datetime
    summary: imports.Summary

    @property
    def pace(self) -> rehearse.Pace:
        sending = self.rules.sending
        return rehearse.Pace(self.rules.hours, sending.cap_days, timedelta(days=sending.expires_after_days))


@dataclass(frozen=True, slots=True)
class _New:
    """One new purchase in one campaign, and the steps that it would still have before it."""

    bought: Bought
    facts: definition.PurchaseFacts
    ahead: tuple[plan.Planned, ...]


def days(session: Session, scene: Scene, buyers: Sequence[Buyer], key: bytes) -> Counter[date]:
    """How many check-ins would leave on each local date; counts new walks in `scene.summary.enrolled`."""
    found, unfit, gone_by = Counter[date](), 0, 0
    for start in range(0, len(buyers), AT_ONCE):
        for buyer, there in _willing(session, scene, buyers[start : start + AT_ONCE], key):
            zone = buyer.person.zone(scene.rules)
            new = [_fitting(scene, version, buyer) for version in scene.versions]
            walks = [walk for version, each in zip(scene.versions, new, strict=True)
                     for walk in _walks(scene, version, each, there)]  # fmt: skip
            idle = _idle(buyer, new)
            unfit, gone_by = unfit + idle[0], gone_by + idle[1]
            found.update(mail.on for mail in rehearse.mails(walks, zone, scene.now, scene.pace))
    _tell(scene, unfit, gone_by)
    return found


def _willing(
    session: Session, scene: Scene, buyers: Sequence[Buyer], key: bytes
) -> Iterator[tuple[Buyer, list[RowMapping]]]:
    """Those whom we may write to, with what they walk already."""
    ids = {buyer.person.id for buyer in buyers} - {NOBODY}
    hashes = {buyer.person.email: tokens.fingerprint(key, buyer.person.email) for buyer in buyers}
    barred = suppression.among(session, ids, hashes.values())
    there = _by_customer(enrollment.of_customers(session, ids))
    bought = _by_customer(purchase.of_customers(session, ids))
    for buyer in buyers:
        if barred.reason(buyer.person.id, hashes[buyer.person.email]):
            scene.summary.notes["Not enrolled: we must not write to this customer."] += len(buyer.bought)
        else:
            _leave_out_known(scene, buyer, bought.get(buyer.person.id, []))
            yield buyer, there.get(buyer.person.id, [])


def _by_customer(rows: Iterable[RowMapping]) -> dict[int, list[RowMapping]]:
    found: dict[int, list[RowMapping]] = {}
    for row in rows:
        found.setdefault(row["customer_id"], []).append(row)
    return found


def _leave_out_known(scene: Scene, buyer: Buyer, there: Iterable[RowMapping]) -> None:
    """What we know by another source is recorded, but not enrolled again."""
    known = {(row["product_name"], row["purchased_at"]): row["source"] for row in there}
    zone = buyer.person.zone(scene.rules)
    for key, came in list(buyer.bought.items()) if known else ():
        bought = intake_rows.bought(came, buyer.person.id, zone, scene.now)
        source = known.get((bought.product_name, bought.purchased_at), came.source)
        if source != came.source:
            scene.summary.notes[intake_effects.known_otherwise(source)] += 1
            del buyer.bought[key]


def _walks(
    scene: Scene, version: published.Version, new: dict[int, _New], there: Iterable[RowMapping]
) -> Iterator[rehearse.Walk]:
    newcomers = [
        repeat.Newcomer(number, (each.bought.purchased_at, number), bool(each.ahead)) for number, each in new.items()
    ]
    walks = [enroll.walk(row) for row in there if row["campaign_id"] == version.campaign_id]
    decision = repeat.decide(version.campaign.repeat_purchase, walks, newcomers)
    for number in decision.walks:
        if new[number].ahead:
            scene.summary.enrolled[version.campaign.name] += 1
            yield _walk(version.campaign, new[number])


def _idle(buyer: Buyer, new: Sequence[dict[int, _New]]) -> tuple[int, int]:
    """How many paid purchases no campaign is for, and how many come when their campaign is over."""
    fitting = {number for each in new for number in each}
    ahead = {number for each in new for number, one in each.items() if one.ahead}
    paid = sum(came.status is PurchaseStatus.paid for came in buyer.bought.values())
    return paid - len(fitting), len(fitting - ahead)


def _tell(scene: Scene, unfit: int, gone_by: int) -> None:
    notes = {_unfit(scene.versions): unfit, intake_effects.GONE_BY: gone_by}
    scene.summary.notes.update({note: number for note, number in notes.items() if number})


def _unfit(versions: tuple[published.Version, ...]) -> str:
    wanted = [f"{each.campaign.name} wants that {clauses.said(each.campaign.match)}" for each in versions]
    more = f"; and {len(wanted) - MOST_NAMED} more" if len(wanted) > MOST_NAMED else ""
    return f"Fits no campaign: {'; '.join(wanted[:MOST_NAMED]) or 'none is active'}{more}."


def _fitting(scene: Scene, version: published.Version, buyer: Buyer) -> dict[int, _New]:
    zone, found = buyer.person.zone(scene.rules), {}
    for number, came in enumerate(buyer.bought.values(), start=_NEW):
        bought = intake_rows.bought(came, buyer.person.id, zone, scene.now)
        facts = intake_effects.facts(bought, buyer.person.country, repeat_buyer=len(buyer.bought) > 1)
        if bought.status is PurchaseStatus.paid and definition.matches(version.campaign.match, facts):
            found[number] = _New(bought, facts, _ahead(scene, version.campaign, bought, zone))
    return found


def _ahead(scene: Scene, campaign: definition.Campaign, bought: Bought, zone: ZoneInfo) -> tuple[plan.Planned, ...]:
    anchor_at = enroll_terms.anchor(campaign, bought.purchased_at, bought.delivered_at)
    today = calendar.local_date(scene.now, zone)
    return plan.ahead(campaign.days, scene.rules.hours)(calendar.local_date(anchor_at, zone), today, zone)


def _walk(campaign: definition.Campaign, new: _New) -> rehearse.Walk:
    """Only the steps whose condition holds today; a promise kept until then changes what will really leave."""
    conditions = {step.id: step.when for step in campaign.steps}
    steps = [
        (planned.step, planned.at)
        for planned in new.ahead
        if (when := conditions[planned.step]) is None or definition.holds(when, new.facts)
    ]
    return rehearse.Walk(campaign.name, campaign.priority, tuple(steps))
