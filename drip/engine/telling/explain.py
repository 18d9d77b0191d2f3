"""EXPLAIN: for any customer and step, sent or not, why: state, reason and one sentence (promise 9)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row

from drip.campaigns import calendar, definition
from drip.engine.sending import plan
from drip.engine.telling import clauses, moved, sentences
from drip.models import system
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.system import SystemState

PLANNED = "planned"  # beside the states of a Message: nothing has been written down yet
NOT_ENROLLED = "not_enrolled"


@dataclass(frozen=True, slots=True)
class Told:
    """One step of one enrollment: times are UTC instants of business time. `reason`: what keeps or kept it back; of
    one that left, what made it leave later than planned."""

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
class Around:
    """What may keep a step back that is to come, and what has kept those back that left."""

    now: system.Now
    campaign_paused: bool = False
    provider_down: bool = False
    suppressed: bool = False
    hold: Row[Any] | None = None
    past: moved.Past = field(default_factory=moved.Past)


@dataclass(frozen=True, slots=True)
class Sight:
    """One enrollment as the steps' sentences need it."""

    enrollment: Enrollment
    frame: plan.Frame
    whose: calendar.ZoneChoice
    facts: definition.PurchaseFacts
    anchor: Literal["purchased_at", "delivered_at"]
    around: Around


def steps(sight: Sight, messages: dict[str, Message]) -> Iterator[Told]:
    """Pure: each step of an enrollment, told from its message or, without one, from where the enrollment stands."""
    for step, planned in zip(sight.frame.campaign.steps, plan.year(sight.frame), strict=True):
        message = messages.get(step.id)
        yield _of_message(sight, step, message) if message else _without_message(sight, step, planned)


def _of_message(sight: Sight, step: definition.Step, message: Message) -> Told:
    reason, sentence = _why(sight, step, message)
    return Told(
        sight.frame.campaign.name,
        step.id,
        step.day,
        message.state,
        reason,
        sentence,
        message.planned_at,
        message.handed_at,
        sight.enrollment.id,
        message.id,
    )


def _why(sight: Sight, step: definition.Step, message: Message) -> tuple[Reason | None, str]:
    """What its message says, and what only its surroundings tell: a hold that came later, what moved it, which
    condition did not hold."""
    zone = sight.frame.zone
    obstacle = _obstacle(sight, message.due_at) if message.state is MessageState.queued else None
    if obstacle is not None:
        return obstacle, _held_back(sight, message.planned_at, _place(sight, step), obstacle)
    if message.reason is Reason.condition_false and step.when is not None:
        return message.reason, sentences.was_skipped(clauses.said(step.when))
    said, late = sentences.of_message(message, zone), moved.why(message, sight.around.past, zone)
    return (late, f"{said} {sentences.moved(message.planned_at, late, zone)}") if late else (message.reason, said)


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
        return PLANNED, reason, _held_back(sight, at, place, reason)
    if step.when is not None and not definition.holds(step.when, sight.facts):
        unmet = clauses.unmet(step.when, sight.facts)
        return PLANNED, Reason.condition_false, sentences.would_be_skipped(at, place, unmet)
    if is_next and due_at <= sight.around.now.business_at:
        return PLANNED, None, sentences.due(due_at, place)
    if due_at > at:
        return PLANNED, None, sentences.put_off(at, due_at, place)
    return PLANNED, None, sentences.planned(at, place)


def _held_back(sight: Sight, at: datetime, place: sentences.Place, reason: Reason) -> str:
    held = sight.around.hold
    until = held.until if held is not None and reason is held.reason else None
    return sentences.held_back(at, place, reason, until=until)


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
        return Reason(around.hold.reason)
    is_due = due_at <= around.now.business_at
    return Reason.provider_down if around.provider_down and is_due else None


def _place(sight: Sight, step: definition.Step) -> sentences.Place:
    anchor_on = calendar.local_date(sight.frame.anchor_at, sight.frame.zone)
    return sentences.Place(step.day, anchor_on, sight.anchor, sight.frame.zone, sight.whose.why)
