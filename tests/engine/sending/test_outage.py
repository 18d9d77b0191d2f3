"""Nothing could leave for days, and nobody had paused: what was missed follows `after_outage`, never a burst."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import event

from drip import config, db
from drip.engine.sending import catch_up, due, outage, stop_all
from drip.models.audit import AuditEntry
from drip.models.campaign import Campaign, Publication
from drip.models.home import Home
from drip.models.message import MessageState
from drip.models.reasons import Reason
from drip.models.system import Breaker, BreakerState, System, SystemState
from tests import world
from tests.world import sending


def lives(database: db.Database) -> bool:
    with database.write() as session:
        return outage.live_on(session)


def away(database: db.Database, days: float) -> None:
    """The last scheduler that could send was here so long ago, on both clocks."""
    assert lives(database)
    past = sending.real_now(database) - timedelta(days=days)
    sending.change(database, Home, sends_until=past)
    with database.read() as session:
        at = outage.system.business_now(session)
    world.set_clock(database, at + timedelta(days=days))


def choose(database: db.Database, after_outage: str) -> None:
    with database.write() as session:
        row = session.query(Publication).one()
        row.sending = row.sending | {"after_outage": after_outage}
        row.digest = f"with {after_outage}"


@pytest.fixture
def bought(published_world: db.Database) -> db.Database:
    """Ana's bicycle with an open promise: `hello` is due now, `promise` in six days."""
    sending.change(published_world, Campaign, state_at=world.START)
    sending.buy(published_world, world.Bought(promises=("a bell",)))
    return published_world


def states(database: db.Database) -> dict[str | None, tuple[MessageState, Reason | None]]:
    return {row.step: (row.state, row.reason) for row in sending.messages(database)}


def test_what_was_missed_in_days_of_outage_is_left_out_and_says_why(
    bought: db.Database, settings: config.Settings
) -> None:
    away(bought, 8)
    assert lives(bought)
    left_out = (MessageState.skipped, Reason.outage)
    assert states(bought) == {"hello": left_out, "promise": left_out}
    assert sending.sent(bought, settings) == []
    assert sending.enrollment(bought).next_step == "year"


def test_the_next_look_changes_nothing_more(bought: db.Database) -> None:
    away(bought, 8)
    lives(bought)
    lives(bought)
    with bought.read() as session:
        (told,) = session.query(AuditEntry).filter_by(act="outage")
    assert "2 check-ins" in told.detail


def test_what_is_late_by_less_than_a_day_still_goes_out(bought: db.Database, settings: config.Settings) -> None:
    away(bought, 0.9)
    lives(bought)
    world.set_clock(bought, sending.day(2, 10))
    assert len(sending.sent(bought, settings)) == 1


def test_the_latest_goes_out_and_only_that(bought: db.Database, settings: config.Settings) -> None:
    choose(bought, "latest")
    away(bought, 8)
    lives(bought)
    assert [each.message_id for each in sending.sent(bought, settings)] != []
    assert {step: state for step, (state, _) in states(bought).items()} == {
        "hello": MessageState.skipped, "promise": MessageState.accepted
    }  # fmt: skip


def test_everything_can_move_later(bought: db.Database, settings: config.Settings) -> None:
    choose(bought, "shift")
    away(bought, 8)
    lives(bought)
    assert sending.enrollment(bought).shift_days == 8
    assert len(sending.sent(bought, settings)) == 1
    assert sending.message(bought).step == "hello"


def test_a_house_that_wants_to_be_asked_is_paused_from_when_mail_stopped(bought: db.Database) -> None:
    choose(bought, "ask")
    away(bought, 8)
    lives(bought)
    now = sending.the_system(bought)
    assert (now.state, "nothing could leave" in now.reason) == (SystemState.paused, True)
    with bought.write() as session:
        assert stop_all.resume(session, "rita").skipped == 2


def test_days_without_the_provider_are_an_outage_too(bought: db.Database) -> None:
    away(bought, 8)
    sending.change(bought, Breaker, state=BreakerState.open)
    assert not lives(bought)
    assert states(bought) == {}
    sending.change(bought, Breaker, state=BreakerState.closed)
    assert lives(bought)
    assert set(states(bought).values()) == {(MessageState.skipped, Reason.outage)}


@pytest.mark.parametrize("state", [SystemState.paused, SystemState.hold])
def test_during_a_pause_or_a_hold_somebody_decides_anyway(bought: db.Database, state: SystemState) -> None:
    away(bought, 8)
    sending.change(bought, System, state=state)
    lives(bought)
    assert states(bought) == {}


def test_a_database_without_plans_lives_on(database: db.Database) -> None:
    away(database, 8)
    assert lives(database)


def test_no_claim_takes_a_step_that_is_being_left_out(published_world: db.Database) -> None:
    """Locked in the order of all others, enrollments before their messages: else each would wait for the other."""
    world.only(published_world, "postgresql")  # on SQLite one writes at a time
    sending.buy(published_world)
    world.set_clock(published_world, sending.day(9, 10))
    gap = catch_up.Gap(sending.day(1), sending.day(9, 10), catch_up.Missed.skip, Reason.outage)
    claims: list[Future[due.Lease | None]] = []

    def meanwhile(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO messages") and not claims:
            claims.append(pool.submit(sending.claim, published_world))
            wait(claims, timeout=10)

    event.listen(published_world.engine, "after_cursor_execute", meanwhile)
    with ThreadPoolExecutor(1) as pool:
        with published_world.write() as session:
            assert catch_up.catch_up(session, {sending.campaign(published_world).id: gap}) > 0
            assert claims[0].done()
        assert claims[0].result() is None
