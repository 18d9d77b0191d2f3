"""What follows from purchases that came in: stops, new dates, new walks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from drip import tokens
from drip.campaigns import definition, published
from drip.engine.purchases import enroll, replan
from drip.engine.purchases.compare import Bought
from drip.engine.purchases.enroll_terms import Enrolled
from drip.engine.purchases.intake_people import Person
from drip.models import customer, purchase, suppression
from drip.models.enrollment import EnrollmentState
from drip.models.purchase import PurchaseStatus
from drip.models.reasons import Reason

STOPS = {PurchaseStatus.refunded: Reason.refunded, PurchaseStatus.cancelled: Reason.cancelled_purchase}
MATCHED = ("sku", "category", "amount", "currency")  # what a campaign's `match` looks at and an update may change
GONE_BY = "Not accompanied: all days of its campaign have gone by."


class Change(NamedTuple):
    """One purchase before (None: it is new) and now, and whose it is."""

    purchase_id: int
    before: Bought | None
    now: Bought
    person: Person

    @property
    def is_stop(self) -> bool:
        return self.before is not None and self.before.status is PurchaseStatus.paid and self.now.status in STOPS

    @property
    def may_enroll(self) -> bool:
        """New, revived, or now known to be what a campaign is for."""
        if self.now.status is not PurchaseStatus.paid:
            return False
        before = self.before
        if before is None or before.status is not PurchaseStatus.paid:
            return True
        return any(getattr(before, name) != getattr(self.now, name) for name in MATCHED)

    @property
    def is_moved(self) -> bool:
        return self.before is not None and self.before.delivered_at != self.now.delivered_at


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one call changed; `learned` are customers before and after, `regulars` those with more than one
    purchase, of whom we may know walks and the same purchase by another source."""

    rules: published.Rules
    now: datetime
    purchases: tuple[Change, ...]
    learned: tuple[tuple[Person, Person], ...]
    regulars: frozenset[int]
    reps: frozenset[str]


@dataclass(frozen=True, slots=True)
class Effects:
    """By purchase: the campaigns that it starts to walk, and what people should know about it."""

    enrolled: dict[int, tuple[str, ...]]
    notes: dict[int, str]


def follow(session: Session, changes: Changes, key: bytes) -> Effects:
    """Stop, plan anew, enroll; raises the version of every customer concerned, whose lock the caller holds."""
    for status, reason in STOPS.items():
        stopped = [each for each in changes.purchases if each.is_stop and each.now.status is status]
        if stopped:
            enroll.stop(session, [each.purchase_id for each in stopped], reason, changes.now)
    moved = _replan(session, changes)
    known = {each.now.customer_id for each in changes.purchases if each.before is not None}
    learned = {after.id for _, after in changes.learned}
    customer.touch(session, known | learned | moved)
    return _enroll(session, changes, key)


def _replan(session: Session, changes: Changes) -> set[int]:
    rules = changes.rules
    purchases = [each.purchase_id for each in changes.purchases if each.is_moved]
    people = [after.id for before, after in changes.learned if before.zone(rules) != after.zone(rules)]
    return set(replan.replan(session, purchases, people, changes.now)) if purchases or people else set()


def _enroll(session: Session, changes: Changes, key: bytes) -> Effects:
    entrants = [each for each in changes.purchases if each.may_enroll]
    barred = suppressed(session, {each.purchase_id: each.person for each in entrants}, key)
    barred |= _known_otherwise(session, entrants, changes.regulars)
    candidates = [_candidate(each, changes) for each in entrants if each.purchase_id not in barred]
    found = enroll.enroll(session, candidates, changes.now)
    bought = {each.purchase_id: each.now for each in changes.purchases}
    return told(found, barred, without_our_rep(bought, changes.reps))


def suppressed(session: Session, buyers: Mapping[int, Person], key: bytes) -> dict[int, str]:
    """Purchases (ids) of people who must not be written to: kept, but not enrolled."""
    if not (buyers and suppression.any_in_force(session)):
        return {}
    hashes = {purchase_id: tokens.fingerprint(key, person.email) for purchase_id, person in buyers.items()}
    found = suppression.among(session, {person.id for person in buyers.values()}, hashes.values())
    if not (found.people or found.addresses):
        return {}
    reasons = {each: found.reason(person.id, hashes[each]) for each, person in buyers.items()}
    return {
        purchase_id: f"Not enrolled: we must not write to this customer ({reason})."
        for purchase_id, reason in reasons.items()
        if reason
    }


def _known_otherwise(session: Session, entrants: Iterable[Change], regulars: frozenset[int]) -> dict[int, str]:
    """The same sheet by two doors, or two exports of one shop: kept twice, but nobody is written to twice for it."""
    ids = [each.purchase_id for each in entrants if each.now.customer_id in regulars]
    found = purchase.twins(session, ids) if ids else {}
    return {purchase_id: known_otherwise(source) for purchase_id, source in found.items()}


def known_otherwise(source: str) -> str:
    """Why a purchase that came by another source before is not enrolled."""
    return f"Not enrolled again: we know this purchase from {source!r} already."


def facts(bought: Bought, country: str | None, *, repeat_buyer: bool = False) -> definition.PurchaseFacts:
    """What conditions look at, on the day of the sale: every promise is open."""
    kept = broken = 0
    product = (bought.category, bought.sku, bought.product_name, bought.amount, bought.currency)
    return definition.PurchaseFacts(*product, country, len(bought.promises), kept, broken, repeat_buyer)


def _candidate(change: Change, changes: Changes) -> enroll.Candidate:
    bought, person = change.now, change.person
    return enroll.Candidate(
        purchase_id=change.purchase_id,
        customer_id=person.id,
        purchased_at=bought.purchased_at,
        delivered_at=bought.delivered_at,
        facts=facts(bought, person.country),
        zone=person.zone(changes.rules),
        is_regular=person.id in changes.regulars,
    )


def told(found: Iterable[Enrolled], barred: Mapping[int, str], reps: Mapping[int, str]) -> Effects:
    """What people should know of purchases (ids), of which `reps` name somebody whom we don't have."""
    enrolled: dict[int, tuple[str, ...]] = {}
    notes = dict(barred)
    for each in found:
        if each.state is EnrollmentState.active:
            enrolled[each.purchase_id] = (*enrolled.get(each.purchase_id, ()), each.campaign)
        else:
            notes[each.purchase_id] = _idle(each)
    notes = {each: note for each, note in notes.items() if each not in enrolled or each in barred}
    missing = {each: not_our_rep(rep) for each, rep in reps.items()}
    said = {each: " ".join(filter(None, (notes.get(each), missing[each]))) for each in missing}
    return Effects(enrolled, notes | said)


def _idle(enrolled: Enrolled) -> str:
    if enrolled.reason is Reason.superseded:
        return "Not accompanied: the customer has a newer purchase."
    return GONE_BY


def not_our_rep(rep: str) -> str:
    """Who signs for a rep whom we don't have."""
    return f"{rep} is not one of our reps; the first one stands in."


def without_our_rep(purchases: Mapping[int, Bought], reps: frozenset[str]) -> dict[int, str]:
    """Those that name a rep whom we don't have: the purchase is kept, and the first rep stands in."""
    named = ((purchase_id, bought.rep_email) for purchase_id, bought in purchases.items())
    return {purchase_id: rep for purchase_id, rep in named if rep and rep not in reps}
