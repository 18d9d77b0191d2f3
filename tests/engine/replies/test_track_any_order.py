"""Events come in any order, in any portions and several times, and always to the same end."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, pairwise

from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import delete, select

from drip import db
from drip.models import audit, customer, delivery_event, enrollment, message, suppression
from drip.models.message import Message, MessageState
from tests import world
from tests.engine.replies import telling
from tests.world import sending

STATES = ("handed", "ambiguous", "failed", "presumed_lost", "queued", "claimed", "accepted", "skipped", "cancelled")
NAMES = ("processed", "deferred", "delivered", "dropped", "bounce", "blocked", "open", "spamreport", "unsubscribe", "?")
FIELDS: dict[str, dict[str, object]] = {
    "bounce": telling.GONE,
    "blocked": {"event": "bounce", **telling.BLOCKED},
    "dropped": {"reason": "Unsubscribed Address"},
}
TABLES = (suppression.Suppression, audit.AuditEntry, delivery_event.DeliveryEvent, message.Message,
          customer.ContactDay, enrollment.Enrollment, world.Promise, world.Purchase, customer.Customer)  # fmt: skip

# Whose mail (three of Ana's, one that is not ours), what happened, and when in minutes.
told = strategies.tuples(strategies.integers(0, 3), strategies.sampled_from(NAMES), strategies.integers(0, 3))
portions = strategies.lists(strategies.lists(told, min_size=1, max_size=5), min_size=1, max_size=4)


@given(happened=portions, states=strategies.tuples(*[strategies.sampled_from(STATES)] * 3), data=strategies.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repetition_come_to_the_same_end(
    published_world: db.Database,
    happened: list[list[tuple[int, str, int]]],
    states: tuple[str, ...],
    data: strategies.DataObject,
) -> None:
    events = _numbered(happened)
    flat = [each for portion in events for each in portion]
    again = flat + data.draw(strategies.lists(strategies.sampled_from(flat), max_size=6))
    shuffled = data.draw(strategies.permutations(again))
    cuts = data.draw(strategies.lists(strategies.integers(0, len(shuffled)), max_size=3))
    assert _end(published_world, states, events) == _end(published_world, states, _cut(shuffled, sorted(cuts)))


def _numbered(happened: Sequence[Sequence[tuple[int, str, int]]]) -> list[list[telling.Event]]:
    numbers = count()
    return [[_event(f"n{next(numbers)}", mail, name, minute) for mail, name, minute in portion] for portion in happened]


def _event(key: str, mail: int, name: str, minute: int) -> telling.Event:
    at = world.START + timedelta(minutes=minute)
    given = {"sg_event_id": key, "sg_message_id": f"P{mail}.x", "response": f"said in {key}"}
    return telling.event(name, _id(mail), at=at, **given | FIELDS.get(name, {}))


def _id(mail: int) -> str:
    return f"{mail:026d}"


def _cut(events: Sequence[telling.Event], places: Sequence[int]) -> list[list[telling.Event]]:
    bounds = [0, *places, len(events)]
    return [list(events[start:end]) for start, end in pairwise(bounds)]


def _end(database: db.Database, states: Sequence[str], portions: Sequence[Sequence[telling.Event]]) -> object:
    """What is the case once all these have been stored and applied, portion after portion."""
    _begin(database, states)
    for portion in portions:
        telling.tell(database, *portion)
    with database.read() as session:
        mails = select(
            Message.id, Message.state, Message.delivery, Message.detail, Message.provider_id, Message.contact_day
        )
        stops = select(suppression.Suppression.reason, suppression.Suppression.address_hash)
        return (
            session.execute(mails.order_by(Message.id)).all(),
            sorted(map(str, session.execute(stops))),
            session.scalars(select(enrollment.Enrollment.state)).all(),
            sending.contact_days(database),
            [(row.event_key, row.applied_at is not None) for row in telling.kept(database)],
        )


def _begin(database: db.Database, states: Sequence[str]) -> None:
    """Ana anew, with three mails that have been handed once and stand in these states."""
    with database.write() as session:
        for table in TABLES:
            session.execute(delete(table))
        walk = world.bought(session)
        for number, state in enumerate(states):
            session.add(
                Message(
                    id=_id(number),
                    kind="check_in",
                    dedupe_key=f"{number}",
                    state=MessageState(state),
                    attempt=1,
                    customer_id=walk.customer_id,
                    enrollment_id=walk.id,
                    campaign_id=walk.campaign_id,
                    version_id=walk.version_id,
                    step="hello" if number == 0 else f"another{number}",
                    created_at=world.START,
                    planned_at=world.START,
                    due_at=world.START,
                    handed_at=world.START,
                    to_address=telling.ANA,
                    detail="",
                )
            )
