"""A conversation that was put off comes back on its day, or earlier when the customer writes."""

import pytest

from drip import db
from drip.engine.handoffs import hand_off
from drip.models import handoff
from drip.models.handoff import HandoffState
from tests import world
from tests.world import sending, talking

RITA = "rita@quay.example"


@pytest.fixture
def ana(published_world: db.Database) -> int:
    sending.buy(published_world)
    return sending.customer_id(published_world)


def test_a_snoozed_conversation_wakes_on_its_day_and_at_a_new_reply(published_world: db.Database, ana: int) -> None:
    handoff_id = talking.wrote(published_world, ana)
    with published_world.write() as session:
        hand_off.snooze(session, handoff_id, sending.day(3), RITA)
        assert hand_off.wake(session) == 0
    world.set_clock(published_world, sending.day(3))
    with published_world.write() as session:
        assert hand_off.wake(session) == 1
        hand_off.snooze(session, handoff_id, sending.day(5), RITA)
    talking.wrote(published_world, ana)
    assert talking.handoff(published_world, handoff_id).state is HandoffState.open


def test_a_conversation_that_somebody_holds_is_woken_the_next_time(published_world: db.Database, ana: int) -> None:
    if published_world.is_sqlite:
        pytest.skip("there writers take turns")
    handoff_id = talking.wrote(published_world, ana)
    with published_world.write() as session:
        hand_off.snooze(session, handoff_id, sending.day(1), RITA)
    world.set_clock(published_world, sending.day(2))
    with published_world.write() as holding:
        assert handoff.unclosed(holding, ana) is not None
        with published_world.write() as session:
            assert hand_off.wake(session) == 0
    with published_world.write() as session:
        assert hand_off.wake(session) == 1
