"""ENROLL: a purchase starts to walk the campaigns that it fits, pinned to their newest versions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from drip.campaigns import definition, published
from drip.engine.purchases import enroll_terms, repeat
from drip.engine.purchases.enroll_terms import Enrolled, Terms
from drip.models import customer, enrollment, fixed, message
from drip.models.campaign import Campaign, CampaignState, CampaignVersion
from drip.models.customer import Customer
from drip.models.purchase import Purchase, PurchaseStatus
from drip.models.reasons import Reason

_T = TypeVar("_T")


class Candidate(NamedTuple):
    """A paid purchase that may be accompanied; instants are aware UTC, `zone` is the customer's. Who is no regular
    has bought for the first time, and so walks nothing yet."""

    purchase_id: int
    customer_id: int
    purchased_at: datetime
    delivered_at: datetime | None
    facts: definition.PurchaseFacts
    zone: ZoneInfo
    is_regular: bool

    @property
    def rank(self) -> tuple[datetime, int]:
        """The newer purchase ranks higher; of two at one instant, the one recorded later."""
        return (self.purchased_at, self.purchase_id)


def enroll(session: Session, candidates: Sequence[Candidate], now: datetime) -> list[Enrolled]:
    """Enroll in every active campaign whose `match` fits; the caller holds the customers' locks.

    A purchase is enrolled in a campaign once, for ever. What happens to a second purchase of the same customer is
    the campaign's `repeat_purchase`: `newest` ends the older enrollment, `first` leaves the later purchase out while
    one walks, `both` lets each walk. Where all days have gone by, the enrollment is completed at once (promise 7).
    """
    if not candidates:
        return []
    rules = published.rules(session)
    known = enrollment.of_customers(session, {each.customer_id for each in candidates if each.is_regular})
    found: list[Enrolled] = []
    for version in newest_versions(session):
        terms = Terms(version, rules, now)
        there = [row for row in known if row["campaign_id"] == version.campaign_id]
        choices = list(_choices(terms, there, candidates))
        customer.touch(session, [choice.customer_id for choice in choices if choice.ends])
        _end(session, [ended for choice in choices for ended in choice.ends], Reason.superseded, now)
        found += terms.write(session, [row for choice in choices for row in choice.rows])
    return found


def stop(session: Session, purchase_ids: Sequence[int], reason: Reason, now: datetime) -> int:
    """End what these purchases walk, and cancel what of it was not handed yet; how many enrollments ended.

    Locks the customers and raises their versions, so that stop and gate are ordered (promise 4).
    """
    owners = select(Purchase.customer_id).where(Purchase.id.in_(purchase_ids))
    customer_ids = sorted(set(session.scalars(owners)))
    session.execute(select(Customer.id).where(Customer.id.in_(customer_ids)).order_by(Customer.id)
                    .with_for_update(key_share=True))  # fmt: skip
    customer.touch(session, customer_ids)
    walking = enrollment.walking_ids(session, purchase_ids)
    _end(session, walking, reason, now)
    return len(walking)


def newest_versions(session: Session) -> list[published.Version]:
    """The newest version of every active campaign, the most important campaign first."""
    newest = {row.campaign_id: row.id for row in fixed.run(session, _VERSIONS)}
    return [published.version(session, version_id) for version_id in newest.values()]


_VERSIONS = (
    select(CampaignVersion.campaign_id, CampaignVersion.id)
    .join(Campaign, Campaign.id == CampaignVersion.campaign_id)
    .where(Campaign.state == CampaignState.active)
    .order_by(Campaign.priority.desc(), Campaign.id, CampaignVersion.number)
)


class _Choice(NamedTuple):
    """Of one customer: enrollments to write, and enrollments to end."""

    customer_id: int
    rows: tuple[enroll_terms.Row, ...]
    ends: tuple[int, ...]


def _choices(terms: Terms, there: Sequence[RowMapping], candidates: Iterable[Candidate]) -> Iterator[_Choice]:
    enrolled = {row["purchase_id"] for row in there}
    walks = _by_customer(there, lambda row: int(row["customer_id"]))
    fits = definition.matcher(terms.version.campaign.match)
    new = [each for each in candidates if each.purchase_id not in enrolled and fits(each.facts)]
    for customer_id, mine in _by_customer(new, lambda each: each.customer_id).items():
        yield _choice(terms, [walk(row) for row in walks.get(customer_id, ())], mine)


def _choice(terms: Terms, walks: Sequence[repeat.Walk], candidates: Sequence[Candidate]) -> _Choice:
    whose = {each.purchase_id: (*each[:2], terms.anchor(*each[2:4])) for each in candidates}
    firsts = {each.purchase_id: terms.first(whose[each.purchase_id][2], each.zone) for each in candidates}
    newcomers = [
        repeat.Newcomer(each.purchase_id, each.rank, firsts[each.purchase_id] is not None) for each in candidates
    ]
    decision = repeat.decide(terms.version.campaign.repeat_purchase, walks, newcomers)
    walking = (terms.walking(whose[purchase_id], firsts[purchase_id]) for purchase_id in decision.walks)
    passed = (terms.superseded(whose[purchase_id]) for purchase_id in decision.superseded)
    return _Choice(candidates[0].customer_id, (*walking, *passed), decision.ends)


def _by_customer(rows: Iterable[_T], customer_of: Callable[[_T], int]) -> dict[int, list[_T]]:
    found: dict[int, list[_T]] = {}
    for row in rows:
        found.setdefault(customer_of(row), []).append(row)
    return found


def walk(row: RowMapping) -> repeat.Walk:
    """A row of `enrollment.of_customers` as the rule for repeat purchases sees it."""
    return repeat.Walk(
        enrollment_id=row["id"],
        rank=(row["purchased_at"], row["purchase_id"]),
        is_open=row["state"] in enrollment.WALKING,
        is_paid=row["status"] is PurchaseStatus.paid,
    )


def _end(session: Session, enrollment_ids: Sequence[int], reason: Reason, now: datetime) -> None:
    """Enrollments first: a claim that held one of them has then committed its message, and we see it."""
    if enrollment_ids:
        enrollment.exit_all(session, enrollment_ids, reason, now)
        message.cancel_waiting(session, enrollment_ids, reason, now)
