"""NEWCOMERS: of whom nobody has heard before, and who bought one thing. Most of an import is of them.

Nobody else sees them before we commit. So there is nothing to compare, to stop or to plan anew, no walk that a new one
could end, and nothing that another source has told: what is left of the rules is what stands here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from drip.campaigns import definition
from drip.engine.purchases import enroll, intake_effects, intake_rows
from drip.engine.purchases.compare import Bought
from drip.engine.purchases.enroll_terms import Enrolled, Row, Terms
from drip.engine.purchases.intake_effects import Effects
from drip.engine.purchases.intake_people import Met, Person
from drip.engine.purchases.intake_rows import Call
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.models.purchase import PurchaseStatus, SourceKey


@dataclass(frozen=True, slots=True)
class Newcomers:
    """What the newcomers of one call bought, and who they are."""

    call: Call
    bought: dict[SourceKey, Bought]
    people: dict[int, Person]


def among(taken: Sequence[PurchaseIn], met: Met, call: Call) -> Newcomers:
    """The newcomers of one call, their customers having been met."""
    times = Counter([came.customer.email for came in taken])
    found = Newcomers(call, {}, {})
    for came in taken:
        person = met.people[came.customer.email]
        if person.id in met.strangers and times[person.email] == 1:
            found.people[person.id] = person
            found.bought[came.key] = intake_rows.bought(came, person.id, person.zone(call.rules), call.now)
    return found


def follow(session: Session, newcomers: Newcomers, ids: Mapping[SourceKey, int], key: bytes) -> Effects:
    """Enroll them where they fit; `ids` are those of the purchases that nobody else wrote first."""
    kept = {ids[each]: bought for each, bought in newcomers.bought.items() if each in ids}
    paid = {purchase_id: bought for purchase_id, bought in kept.items() if bought.status is PurchaseStatus.paid}
    buyers = {purchase_id: newcomers.people[bought.customer_id] for purchase_id, bought in paid.items()}
    barred = intake_effects.suppressed(session, buyers, key)
    found = _enroll(session, newcomers, {each: bought for each, bought in paid.items() if each not in barred})
    return intake_effects.told(found, barred, intake_effects.without_our_rep(kept, newcomers.call.reps))


def _enroll(session: Session, newcomers: Newcomers, paid: Mapping[int, Bought]) -> list[Enrolled]:
    found: list[Enrolled] = []
    for version in enroll.newest_versions(session) if paid else ():
        terms = Terms(version, newcomers.call.rules, newcomers.call.now)
        found += terms.write(session, list(_rows(terms, newcomers, paid)))
    return found


def _rows(terms: Terms, newcomers: Newcomers, paid: Mapping[int, Bought]) -> Iterator[Row]:
    match = terms.version.campaign.match
    for purchase_id, bought in paid.items():
        person = newcomers.people[bought.customer_id]
        if definition.matches(match, intake_effects.facts(bought, person.country)):
            begun = terms.begun(purchase_id, person.id, bought.purchased_at, bought.delivered_at)
            yield terms.walking(begun, terms.first(begun, person.zone(newcomers.call.rules)))
