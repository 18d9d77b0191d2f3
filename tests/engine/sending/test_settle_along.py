"""Acceptances that are written in the next gate's own transaction, and the news that the fleet must hear at once."""

from collections.abc import Sequence

import pytest

from drip import config, db
from drip.engine.sending import gate, send, settle
from drip.models.campaign import Campaign
from drip.models.message import MessageState
from drip.models.system import Breaker, BreakerState
from drip.providers.sendgrid.send import Outcome, Result
from tests import sandbox_process, world
from tests.world import sending

DOUBT = Outcome(Result.ambiguous, detail="ServerDisconnectedError")
LAST_OF_ITS_WINDOW = Outcome(Result.accepted, provider_id="p1", wait_seconds=3.0)


@pytest.fixture
def in_flight(published_world: db.Database, settings: config.Settings) -> list[gate.Handed]:
    """Ana's `hello` has been handed."""
    sending.buy(published_world)
    return sending.gated(published_world, settings)


def along(database: db.Database, handed: Sequence[gate.Handed], outcome: Outcome = sending.ACCEPTED) -> int:
    with database.write() as session:
        return settle.along(session, [settle.Settlement(each.message_id, each.attempt, outcome) for each in handed])


def test_a_plain_acceptance_is_written_and_counts_once(
    published_world: db.Database, in_flight: list[gate.Handed]
) -> None:
    assert (along(published_world, in_flight), along(published_world, [])) == (1, 0)
    found = sending.message(published_world)
    assert (found.state, found.provider_id) == (MessageState.accepted, "p1")
    assert found.settled_at is not None


def test_an_earlier_attempt_settles_nothing(published_world: db.Database, in_flight: list[gate.Handed]) -> None:
    with published_world.write() as session:
        settle.along(session, [settle.Settlement(in_flight[0].message_id, 0, sending.ACCEPTED)])
    assert sending.message(published_world).state is MessageState.handed


@pytest.mark.parametrize("outcome", [DOUBT, LAST_OF_ITS_WINDOW])
def test_what_the_fleet_must_hear_does_not_go_along(
    published_world: db.Database, in_flight: list[gate.Handed], outcome: Outcome
) -> None:
    assert along(published_world, in_flight, outcome) == 0
    assert sending.message(published_world).state is MessageState.handed


def test_an_answer_while_the_breaker_is_tested_is_news(
    published_world: db.Database, in_flight: list[gate.Handed]
) -> None:
    sending.change(published_world, Breaker, state=BreakerState.probing)
    assert along(published_world, in_flight) == 0
    sending.settled(published_world, in_flight)
    assert sending.breaker(published_world).state is BreakerState.closed


def test_the_end_of_refusals_in_a_row_is_news(published_world: db.Database, in_flight: list[gate.Handed]) -> None:
    sending.change(published_world, Campaign, Campaign.name == "ride", refusal_streak=19)
    assert along(published_world, in_flight) == 0
    sending.settled(published_world, in_flight)
    assert sending.campaign(published_world).refusal_streak == 0


def test_what_went_along_counts_against_doubts(published_world: db.Database, settings: config.Settings) -> None:
    """Four doubts among two hundred that went along are no outage; alone they would open the breaker."""
    sending.buy(published_world, *(world.Bought(email=f"buyer{index}@buyers.example") for index in range(24)))
    handed = sending.gated(published_world, settings)
    doubts = [settle.Settlement(each.message_id, each.attempt, DOUBT) for each in handed[:4]]
    others = [settle.Settlement(each.message_id, each.attempt, sending.ACCEPTED) for each in handed[4:]]
    with published_world.write() as session:
        settle.settle(session, doubts + others, 200)
    found = sending.breaker(published_world)
    assert (found.state, found.window_results, found.window_ambiguous) == (BreakerState.closed, 224, 4)


def test_a_batch_settles_with_its_gates_and_the_breaker_hears_of_all(
    published_world: db.Database, settings: config.Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sending.buy(published_world, *(world.Bought(email=f"buyer{index}@buyers.example") for index in range(90)))
    with sandbox_process.started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        there = world.settings(settings.data_dir, str(settings.database_url), DRIP_SANDBOX_PORT=str(sandbox.port))
        sender = send.Sender(there, published_world)
        lease = sending.claim(published_world)
        assert lease is not None
        sender.send(lease.token)
        sender.close()
        assert len(sandbox.mails()) == 90
    assert {row.state for row in sending.messages(published_world)} == {MessageState.accepted}
    assert sending.breaker(published_world).window_results + sender._landing.answered == 90
    assert sending.breaker(published_world).window_started_at is not None
