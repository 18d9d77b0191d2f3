"""EXPLAIN: for any customer and step, sent or not, why: state, reason and one sentence (promise 9)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, definition, published
from drip.engine import draft, hold, plan, sentences, suppress
from drip.models import system
from drip.models.campaign import Campaign, CampaignState, CampaignVersion
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message
from drip.models.purchase import Promise, Purchase
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from drip.models.system import Breaker, BreakerState, SystemState

PLANNED = "planned"  # beside the states of a Message: nothing has been written down yet
NOT_ENROLLED = "not_enrolled"


@dataclass(frozen=True, slots=True)
class Told:
    """One step of one enrollment: times are UTC instants of business time, `zone` is the customer's."""

    campaign: str
    step: str
    day: int
    state: str
    reason: Reason | None
    sentence: str
    planned_at: datetime | None = None
    handed_at: datetime | None = None
    enrollment_id: int | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """One purchase walking one campaign, with its whole year."""

    enrollment: Enrollment
    purchase: Purchase
    campaign: definition.Campaign
    number: int
    steps: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """A customer, the zone in which their days are counted, and everything they will live through."""

    customer: Customer
    zone: calendar.ZoneChoice
    walks: tuple[Walk, ...]
    unmatched: tuple[Told, ...]
    suppressions: tuple[Suppression, ...]
    hold: Hold | None

    def steps(self, step: str | None = None) -> list[Told]:
        """Every step that goes by this name, the newest enrollment's first; those of no enrollment last."""
        walked = [told for walk in self.walks for told in walk.steps]
        return [told for told in (*walked, *self.unmatched) if step is None or told.step == step]


@dataclass(frozen=True, slots=True)
class Around:
    """What may keep a step back that is to come."""

    now: system.Now
    campaign_paused: bool = False
    provider_down: bool = False
    suppressed: bool = False
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """One enrollment as the steps' sentences need it."""

    enrollment: Enrollment
    frame: plan.Frame
    whose: calendar.ZoneChoice
    facts: definition.PurchaseFacts
    around: Around


def life(session: Session, customer: Customer, key: bytes) -> Life:
    """Everything about one customer, from SQL; `key` recognises suppressed addresses."""
    rules = published.rules(session)
    choice = calendar.zone_for(customer.timezone, customer.country, rules.company.timezone)
    now = system.now(session)
    held = hold.in_force(session, {customer.id}, now.business_at).get(customer.id)
    suppressed = tuple(suppress.in_force(session, customer, key))
    walks = tuple(_walks(session, customer, choice, Around(now, hold=held, suppressed=bool(suppressed))))
    return Life(customer, choice, walks, tuple(_unmatched(session, customer, walks)), suppressed, held)


def walk_steps(sight: Sight, messages: dict[str, Message]) -> Iterator[Told]:
    """Pure: each step of an enrollment, told from its message or, without one, from where the enrollment stands."""
    for step, planned in zip(sight.frame.campaign.steps, plan.year(sight.frame), strict=True):
        message = messages.get(step.id)
        yield _of_message(sight, step, message) if message else _without_message(sight, step, planned)


def _of_message(sight: Sight, step: definition.Step, message: Message) -> Told:
    return Told(
        sight.frame.campaign.name,
        step.id,
        step.day,
        message.state,
        message.reason,
        sentences.of_message(message, sight.frame.zone),
        message.planned_at,
        message.handed_at,
        sight.enrollment.id,
        message.id,
    )


def _without_message(sight: Sight, step: definition.Step, planned: plan.Planned) -> Told:
    state, reason, sentence = _standing(sight, step, planned.at)
    return Told(
        sight.frame.campaign.name,
        step.id,
        step.day,
        state,
        reason,
        sentence,
        planned.at,
        enrollment_id=sight.enrollment.id,
    )


Standing = tuple[str, Reason | None, str]


def _standing(sight: Sight, step: definition.Step, at: datetime) -> Standing:
    row, place = sight.enrollment, _place(sight, step)
    order = {each.id: number for number, each in enumerate(sight.frame.campaign.steps)}
    if row.first_step is None or order[step.id] < order.get(row.first_step, 0):
        return "skipped", Reason.before_first_step, sentences.before_first(at, place)
    if row.state in (EnrollmentState.completed, EnrollmentState.exited):
        return "cancelled", row.reason, sentences.ended(row.reason)
    if row.next_step and order[step.id] < order.get(row.next_step, 0):
        return "skipped", Reason.expired, sentences.gone_by(at, place)
    return _to_come(sight, step, place, at)


def _to_come(sight: Sight, step: definition.Step, place: sentences.Place, at: datetime) -> Standing:
    is_next = sight.enrollment.next_step == step.id
    due_at = (sight.enrollment.next_due_at if is_next else None) or at
    reason = _obstacle(sight, due_at)
    if reason is not None:
        held = sight.around.hold if sight.around.hold and reason is sight.around.hold.reason else None
        detail, until = (held.detail, held.until) if held else ("", None)
        return PLANNED, reason, sentences.held_back(at, place, reason, detail=detail, until=until)
    if step.when is not None and not definition.holds(step.when, sight.facts):
        return PLANNED, Reason.condition_false, sentences.would_be_skipped(at, place)
    if is_next and due_at <= sight.around.now.business_at:
        return PLANNED, None, sentences.due(due_at, place)
    if due_at > at:
        return PLANNED, None, sentences.put_off(at, due_at, place)
    return PLANNED, None, sentences.planned(at, place)


def _obstacle(sight: Sight, due_at: datetime) -> Reason | None:
    """What would keep it back if nothing changes; a trouble at the provider matters only to what is due."""
    around = sight.around
    if around.suppressed:
        return Reason.suppressed
    if around.now.state is not SystemState.running:
        return Reason.system_paused
    if around.campaign_paused:
        return Reason.campaign_paused
    if sight.enrollment.state is EnrollmentState.paused:
        return sight.enrollment.reason or Reason.manual
    if around.hold is not None and (around.hold.until is None or around.hold.until > due_at):
        return around.hold.reason
    is_due = due_at <= around.now.business_at
    return Reason.provider_down if around.provider_down and is_due else None


def _place(sight: Sight, step: definition.Step) -> sentences.Place:
    anchor_on = calendar.local_date(sight.frame.anchor_at, sight.frame.zone)
    return sentences.Place(step.day, anchor_on, sight.frame.campaign.anchor, sight.frame.zone, sight.whose.why)


def _walks(
    session: Session, customer: Customer, choice: calendar.ZoneChoice, around: Around
) -> Iterator[Walk]:
    rows = session.execute(
        select(Enrollment, Purchase, Campaign)
        .join(Purchase, Purchase.id == Enrollment.purchase_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(Enrollment.customer_id == customer.id)
        .order_by(Enrollment.anchor_at.desc(), Enrollment.id.desc())
    ).all()
    messages = _messages(session, [row.Enrollment.id for row in rows])
    promises = _promises(session, [row.Purchase.id for row in rows])
    count = session.scalar(select(func.count()).where(Purchase.customer_id == customer.id)) or 0
    down = session.get_one(Breaker, 1).state is not BreakerState.closed
    hours, zone = published.rules(session).hours, calendar.zone_of(choice.zone_name)
    for row in rows:
        version = published.version(session, row.Enrollment.version_id)
        paused = row.Campaign.state is not CampaignState.active
        sight = Sight(
            row.Enrollment,
            plan.Frame(version.campaign, row.Enrollment.anchor_at, zone, hours),
            choice,
            draft.purchase_facts(row.Purchase, promises[row.Purchase.id], customer.country, count),
            Around(around.now, paused, down, around.suppressed, around.hold),
        )
        steps = tuple(walk_steps(sight, messages[row.Enrollment.id]))
        yield Walk(row.Enrollment, row.Purchase, version.campaign, version.number, steps)


def _messages(session: Session, enrollment_ids: Sequence[int]) -> dict[int, dict[str, Message]]:
    found: dict[int, dict[str, Message]] = defaultdict(dict)
    for message in session.scalars(select(Message).where(Message.enrollment_id.in_(enrollment_ids))):
        if message.enrollment_id is not None and message.step is not None:
            found[message.enrollment_id][message.step] = message
    return found


def _promises(session: Session, purchase_ids: Sequence[int]) -> dict[int, list[Promise]]:
    found: dict[int, list[Promise]] = defaultdict(list)
    for promise in session.scalars(select(Promise).where(Promise.purchase_id.in_(purchase_ids))):
        found[promise.purchase_id].append(promise)
    return found


def _unmatched(session: Session, customer: Customer, walks: Sequence[Walk]) -> Iterator[Told]:
    """Steps of campaigns in which this customer is not enrolled at all."""
    walked = {walk.campaign.name for walk in walks}
    for row in session.scalars(select(Campaign).order_by(Campaign.id)):
        if row.name not in walked:
            newest = _newest(session, row.id)
            if newest is None:
                continue
            sentence = f"Not enrolled: no purchase of theirs is one that “{newest.campaign.title}” is for."
            for step in newest.campaign.steps:
                yield Told(row.name, step.id, step.day, NOT_ENROLLED, None, sentence)


def _newest(session: Session, campaign_id: int) -> published.Version | None:
    ids = select(CampaignVersion.id).where(CampaignVersion.campaign_id == campaign_id)
    newest = session.scalar(ids.order_by(CampaignVersion.number.desc()).limit(1))
    return published.version(session, newest) if newest else None
