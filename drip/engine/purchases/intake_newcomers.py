"""NEWCOMERS: of whom nobody has heard before, and who bought one thing. Most of an import is of them.

Nobody else sees them before we commit. So there is nothing to compare, to stop or to plan anew, no walk that a new one
could end, and nothing that another source has told: what is left of the rules is what stands here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

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


class Entrant(NamedTuple):
    """A paid purchase of a newcomer, and what its plan hangs on."""

    purchase_id: int
    bought: Bought
    zone: ZoneInfo
    facts: definition.PurchaseFacts


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
    paid = [(each, bought) for each, bought in kept.items() if bought.status is PurchaseStatus.paid]
    buyers = {purchase_id: newcomers.people[bought.customer_id] for purchase_id, bought in paid}
    barred = intake_effects.suppressed(session, buyers, key)
    entrants = [_entrant(newcomers, *each) for each in paid if each[0] not in barred]
    found = _enroll(session, newcomers.call, entrants) if entrants else []
    return intake_effects.told(found, barred, intake_effects.without_our_rep(kept, newcomers.call.reps))


def _entrant(newcomers: Newcomers, purchase_id: int, bought: Bought) -> Entrant:
    person = newcomers.people[bought.customer_id]
    facts = intake_effects.facts(bought, person.country)
    return Entrant(purchase_id, bought, person.zone(newcomers.call.rules), facts)


def _enroll(session: Session, call: Call, entrants: Sequence[Entrant]) -> list[Enrolled]:
    found: list[Enrolled] = []
    for version in enroll.newest_versions(session):
        terms = Terms(version, call.rules, call.now)
        found += terms.write(session, list(_rows(terms, entrants)))
    return found


def _rows(terms: Terms, entrants: Sequence[Entrant]) -> Iterator[Row]:
    fits = definition.matcher(terms.version.campaign.match)
    for purchase_id, bought, zone, facts in entrants:
        if fits(facts):
            anchor_at = terms.anchor(bought.purchased_at, bought.delivered_at)
            yield terms.walking((purchase_id, bought.customer_id, anchor_at), terms.first(anchor_at, zone))
