"""The breaker: a provider that stops answering costs a handful of doubts, not the whole queue."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip import config, db
from drip.engine.sending import breaker, gate
from drip.models.message import MessageState
from drip.models.reasons import Reason
from drip.models.system import Breaker, BreakerState
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.world import sending

DOUBT = Outcome(Result.ambiguous, detail="timeout")
Hand = Callable[[int], list[gate.Handed]]


@pytest.fixture
def hand(published_world: db.Database, settings: config.Settings) -> Hand:
    """Buys for so many people and hands their first check-ins."""

    def handed(number: int) -> list[gate.Handed]:
        start = len(sending.enrollments(published_world))
        emails = (f"buyer{start + index}@buyers.example" for index in range(number))
        sending.buy(published_world, *(world.Bought(email=email) for email in emails))
        return sending.gated(published_world, settings)

    return handed


def pause_is_over(database: db.Database) -> None:
    sending.change(database, Breaker, retry_at=sending.real_now(database) - timedelta(seconds=1))


def pause_of(database: db.Database) -> float:
    """Seconds from now until the next probe."""
    row = sending.breaker(database)
    assert row.retry_at is not None
    return (row.retry_at - sending.real_now(database)).total_seconds()


def open_it(database: db.Database, hand: Hand) -> None:
    sending.settled(database, hand(breaker.STREAK), DOUBT)
    assert sending.breaker(database).state is BreakerState.open


def test_five_in_doubt_in_a_row_open_it(published_world: db.Database, hand: Hand) -> None:
    handed = hand(5)
    for each in handed[:4]:
        sending.settled(published_world, [each], DOUBT)
    assert sending.breaker(published_world).state is BreakerState.closed
    sending.settled(published_world, handed[4:], DOUBT)
    assert sending.breaker(published_world).state is BreakerState.open


def test_one_accepted_between_begins_a_new_row(published_world: db.Database, hand: Hand) -> None:
    handed = hand(9)
    sending.settled(published_world, handed[:4], DOUBT)
    sending.settled(published_world, handed[4:5])
    sending.settled(published_world, handed[5:], DOUBT)
    assert sending.breaker(published_world).streak == 4


@pytest.mark.parametrize(("accepted", "doubtful", "state"), [
    (18, 2, BreakerState.closed),  # just a tenth of twenty
    (17, 3, BreakerState.open),
])  # fmt: skip
def test_more_than_a_tenth_of_a_window_opens_it(
    published_world: db.Database, hand: Hand, accepted: int, doubtful: int, state: BreakerState
) -> None:
    handed = hand(accepted + doubtful)
    sending.settled(published_world, handed[:accepted])
    sending.settled(published_world, handed[accepted:], DOUBT)
    assert sending.breaker(published_world).state is state


def test_doubts_of_an_earlier_window_do_not_count(published_world: db.Database, hand: Hand) -> None:
    handed = hand(22)
    sending.settled(published_world, handed[:2], DOUBT)
    long_ago = sending.real_now(published_world) - timedelta(seconds=11)
    sending.change(published_world, Breaker, window_started_at=long_ago)
    sending.settled(published_world, handed[2:21])
    sending.settled(published_world, handed[21:], DOUBT)
    assert sending.breaker(published_world).state is BreakerState.closed


def test_while_it_is_open_the_gate_puts_back_what_was_claimed_before(
    published_world: db.Database, settings: config.Settings, hand: Hand
) -> None:
    handed = hand(5)
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    sending.settled(published_world, handed, DOUBT)
    assert sending.gated(published_world, settings, drafts) == []
    waiting = next(row for row in sending.messages(published_world) if row.state is MessageState.queued)
    assert waiting.reason is Reason.provider_down


def probed(database: db.Database, settings: config.Settings, hand: Hand) -> list[gate.Handed]:
    """Opened, waited for, and one message of three on its way as the probe."""
    open_it(database, hand)
    pause_is_over(database)
    handed = hand(3)
    assert len(handed) == 1
    assert sending.gated(database, settings) == []
    return handed


def test_after_the_pause_one_message_goes_as_a_probe_and_closes_it(
    published_world: db.Database, settings: config.Settings, hand: Hand
) -> None:
    probe = probed(published_world, settings, hand)
    assert sending.breaker(published_world).state is BreakerState.probing
    sending.settled(published_world, probe)
    row = sending.breaker(published_world)
    assert (row.state, row.streak, row.opened_times, row.probe_id) == (BreakerState.closed, 0, 0, None)
    assert len(sending.gated(published_world, settings)) == 2


@pytest.mark.parametrize("outcome", [DOUBT, Outcome(Result.unreachable)])
def test_a_failed_probe_opens_it_again_for_longer(
    published_world: db.Database, settings: config.Settings, hand: Hand, outcome: Outcome
) -> None:
    probe = probed(published_world, settings, hand)
    sending.settled(published_world, probe, outcome)
    assert sending.breaker(published_world).state is BreakerState.open
    assert 5 < pause_of(published_world) <= 10


def test_a_probe_of_which_nothing_is_heard_is_followed_by_another(
    published_world: db.Database, settings: config.Settings, hand: Hand
) -> None:
    probed(published_world, settings, hand)
    pause_is_over(published_world)
    assert len(sending.gated(published_world, settings)) == 1


def test_the_pause_grows_to_five_minutes_and_no_further(published_world: db.Database) -> None:
    for _ in range(20):
        with published_world.write() as session:
            row = session.get_one(Breaker, 1)
            row.state = BreakerState.closed
            breaker.unreachable(session, sending.real_now(published_world))
    assert 290 < pause_of(published_world) <= 300


@given(st.lists(st.booleans(), max_size=60))
def test_it_never_opens_without_five_in_a_row_or_a_tenth_of_twenty(accepted: list[bool]) -> None:
    row = Breaker(id=1, state=BreakerState.closed, streak=0, window_results=0, window_ambiguous=0)
    for number, well in enumerate(accepted, 1):
        row.window_results, row.window_ambiguous = number, row.window_ambiguous + (not well)
        row.streak = 0 if well else row.streak + 1
        five = not any(accepted[max(number - 5, 0) : number]) and number >= 5
        tenth = number >= 20 and accepted[:number].count(False) * 10 > number
        assert breaker._too_many(row) == (five or tenth)
