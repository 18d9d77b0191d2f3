"""NEWCOMERS: of whom nobody has heard before, and who bought one thing. Most of an import is of them.

Nobody else sees them before we commit. So there is nothing to compare, to stop or to plan anew, no walk that a new one
could end, and nothing that another source has told: what is left of the rules is what stands here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
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


class Newcomer(NamedTuple):
    """What they bought, who they are, and where their clock hangs."""

    bought: Bought
    person: Person
    zone: ZoneInfo


def among(taken: Sequence[PurchaseIn], met: Met, call: Call) -> dict[SourceKey, Newcomer]:
    """The newcomers of one call, their customers having been met, by what they bought."""
    times = Counter([came.customer.email for came in taken])
    found = {}
    for came in taken:
        person = met.people[came.customer.email]
        if person.id in met.strangers and times[person.email] == 1:
            zone = person.zone(call.rules)
            found[came.key] = Newcomer(intake_rows.bought(came, person.id, zone, call.now), person, zone)
    return found


def follow(
    session: Session, newcomers: Mapping[SourceKey, Newcomer], ids: Mapping[SourceKey, int], call: Call, key: bytes
) -> Effects:
    """Enroll them where they fit; `ids` are those of the purchases that nobody else wrote first."""
    kept = {ids[each]: newcomer for each, newcomer in newcomers.items() if each in ids}
    paid = {each: newcomer for each, newcomer in kept.items() if newcomer.bought.status is PurchaseStatus.paid}
    barred = intake_effects.suppressed(session, {each: newcomer.person for each, newcomer in paid.items()}, key)
    entrants = [_Entrant(each, *newcomer) for each, newcomer in paid.items() if each not in barred]
    found = _enroll(session, call, entrants) if entrants else []
    missing = intake_effects.without_our_rep({each: newcomer.bought for each, newcomer in kept.items()}, call.reps)
    return intake_effects.told(found, barred, missing)


class _Entrant(NamedTuple):
    """A paid purchase of a newcomer."""

    purchase_id: int
    bought: Bought
    person: Person
    zone: ZoneInfo

    @property
    def facts(self) -> definition.PurchaseFacts:
        return intake_effects.facts(self.bought, self.person.country)


def _enroll(session: Session, call: Call, entrants: Sequence[_Entrant]) -> list[Enrolled]:
    found, facts = list[Enrolled](), [each.facts for each in entrants]
    for version in enroll.newest_versions(session):
        fits = definition.matcher(version.campaign.match)
        fitting = [each for each, known in zip(entrants, facts, strict=True) if fits(known)]
        terms = Terms(version, call.rules, call.now)
        found += terms.write(session, [_row(terms, each) for each in fitting])
    return found


def _row(terms: Terms, entrant: _Entrant) -> Row:
    purchase_id, bought, _, zone = entrant
    anchor_at = terms.anchor(bought.purchased_at, bought.delivered_at)
    return terms.walking((purchase_id, bought.customer_id, anchor_at), terms.first(anchor_at, zone))
