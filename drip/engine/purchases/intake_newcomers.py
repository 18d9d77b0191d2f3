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
from drip.engine.purchases import enroll, intake_effects, intake_rows, tuples
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
    everybody = [met.people[came.customer.email] for came in taken]
    times = Counter([person.id for person in everybody])
    pairs = zip(taken, everybody, strict=True)
    new = [pair for pair in pairs if times[pair[1].id] == 1 and pair[1].id in met.strangers]
    if not new:
        return {}
    once, people = zip(*new, strict=True)
    zones = [person.zone(call.rules) for person in people]
    told = intake_rows.all_bought(once, [person.id for person in people], zones, call.now)
    return dict(zip([came.key for came in once], tuples.of(Newcomer, told, people, zones), strict=True))


def follow(
    session: Session, newcomers: Mapping[SourceKey, Newcomer], ids: Mapping[SourceKey, int], call: Call, key: bytes
) -> Effects:
    """Enroll them where they fit; `ids` are those of the purchases that nobody else wrote first."""
    kept = {ids[each]: newcomer for each, newcomer in newcomers.items() if each in ids}
    paid = {each: newcomer for each, newcomer in kept.items() if newcomer.bought.status is PurchaseStatus.paid}
    barred = intake_effects.suppressed(session, {each: newcomer.person for each, newcomer in paid.items()}, key)
    entrants = [entrant for entrant in paid.items() if entrant[0] not in barred]
    found = _enroll(session, call, entrants) if entrants else []
    missing = intake_effects.without_our_rep({each: newcomer.bought for each, newcomer in kept.items()}, call.reps)
    return intake_effects.told(found, barred, missing)


_Entrant = tuple[int, Newcomer]  # the id of a paid purchase, and whose it is


def _facts(entrant: _Entrant) -> definition.PurchaseFacts:
    _, (bought, person, _) = entrant
    return intake_effects.facts(bought, person.country)


def _enroll(session: Session, call: Call, entrants: Sequence[_Entrant]) -> list[Enrolled]:
    found, facts = list[Enrolled](), list(map(_facts, entrants))
    for version in enroll.newest_versions(session):
        fits, terms = definition.matcher(version.campaign.match), Terms(version, call.rules, call.now)
        fitting = [each for each, known in zip(entrants, facts, strict=True) if fits(known)]
        found += terms.write(session, [_row(terms, each) for each in fitting])
    return found


def _row(terms: Terms, entrant: _Entrant) -> Row:
    purchase_id, (bought, _, zone) = entrant
    anchor_at = terms.anchor(bought.purchased_at, bought.delivered_at)
    return terms.walking((purchase_id, bought.customer_id, anchor_at), terms.first(anchor_at, zone))
