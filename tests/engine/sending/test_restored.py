"""HOLD: a copied, restored or overtaken database sends nothing until a person has said what happened."""

from datetime import datetime, timedelta

import pytest

from drip import config, db
from drip.engine.sending import reconcile, restored, stop_all
from drip.engine.sending.restored import Happened
from drip.models import home
from drip.models.message import MessageState
from drip.models.reasons import Reason
from drip.models.system import SystemState
from tests import world
from tests.world import sending

HERE, ELSEWHERE = "sqlite 1:2", "sqlite 1:3"


def arrive(database: db.Database, place: str = HERE, mark: datetime | None = None) -> bool:
    with database.write() as session:
        return restored.arrive(session, place, mark)


def live_on(database: db.Database) -> datetime:
    with database.write() as session:
        return home.live_on(session)[1]


def release(database: db.Database, happened: Happened) -> int | None:
    with database.write() as session:
        return restored.release(session, "admin", happened)


def resume(database: db.Database) -> None:
    with database.write() as session:
        stop_all.resume(session, "admin")


@pytest.fixture
def at_home(published_world: db.Database) -> db.Database:
    assert arrive(published_world)
    live_on(published_world)
    return published_world


def test_a_new_database_is_at_home_where_it_starts(published_world: db.Database) -> None:
    assert arrive(published_world)
    assert arrive(published_world)
    assert sending.the_system(published_world).state is SystemState.running


def test_a_database_that_is_where_it_was_and_lost_nothing_goes_on(at_home: db.Database) -> None:
    assert arrive(at_home, HERE, live_on(at_home))


def test_a_copy_starts_in_hold_and_sends_nothing(at_home: db.Database, settings: config.Settings) -> None:
    sending.buy(at_home)
    drafts = sending.drafted(at_home, settings)
    assert not arrive(at_home, ELSEWHERE)
    assert sending.the_system(at_home).state is SystemState.hold
    assert sending.gated(at_home, settings, drafts) == []
    assert sending.claim(at_home) is None


def test_a_database_older_than_the_note_outside_starts_in_hold(at_home: db.Database) -> None:
    assert not arrive(at_home, HERE, live_on(at_home) + timedelta(seconds=1))
    assert sending.the_system(at_home).reason == restored.BEHIND


def test_a_hold_outlasts_every_start_until_somebody_speaks(at_home: db.Database) -> None:
    assert not arrive(at_home, ELSEWHERE)
    assert not arrive(at_home, ELSEWHERE)
    with at_home.write() as session, pytest.raises(stop_all.OnHoldError):
        stop_all.resume(session, "admin")


def test_a_database_that_only_moved_goes_on_with_everything(at_home: db.Database, settings: config.Settings) -> None:
    sending.buy(at_home)
    arrive(at_home, ELSEWHERE)
    assert release(at_home, Happened.moved) == 0
    assert sending.the_system(at_home).state is SystemState.paused
    resume(at_home)
    assert arrive(at_home, ELSEWHERE)
    assert len(sending.sent(at_home, settings)) == 1


def test_what_a_restored_database_may_have_sent_is_unknown_and_not_sent(
    at_home: db.Database, settings: config.Settings
) -> None:
    sending.buy(at_home)
    live_on(at_home)
    arrive(at_home, ELSEWHERE)
    assert release(at_home, Happened.restored) == 1
    resume(at_home)
    assert sending.claim(at_home) is None
    message = sending.message(at_home)
    assert (message.state, message.reason) == (MessageState.ambiguous, Reason.restored)
    with at_home.read() as session:
        assert [row.id for row in reconcile.unknowns(session)] == [message.id]


def test_a_claim_that_came_with_the_backup_is_in_doubt_too(at_home: db.Database, settings: config.Settings) -> None:
    sending.buy(at_home)
    drafts = sending.drafted(at_home, settings)
    arrive(at_home, ELSEWHERE)
    assert release(at_home, Happened.restored) == 1
    resume(at_home)
    assert sending.gated(at_home, settings, drafts) == []
    assert sending.message(at_home).state is MessageState.ambiguous


def test_the_year_goes_on_after_what_is_in_doubt(at_home: db.Database, settings: config.Settings) -> None:
    sending.buy(at_home, world.Bought(promises=("a free fitting",)))
    arrive(at_home, ELSEWHERE)
    release(at_home, Happened.restored)
    resume(at_home)
    assert sending.enrollment(at_home).next_step == "promise"
    world.set_clock(at_home, sending.day(8))
    assert len(sending.sent(at_home, settings)) == 1


def test_every_step_of_the_lost_time_is_in_doubt_and_none_of_them_is_sent(
    at_home: db.Database, settings: config.Settings
) -> None:
    sending.buy(at_home, world.Bought(promises=("a free fitting",)))
    world.set_clock(at_home, sending.day(8))
    arrive(at_home, ELSEWHERE)
    assert release(at_home, Happened.restored) == 2
    resume(at_home)
    assert sending.sent(at_home, settings) == []
    told = {(row.step, row.state) for row in sending.messages(at_home)}
    assert told == {("hello", MessageState.ambiguous), ("promise", MessageState.ambiguous)}
    assert sending.enrollment(at_home).next_step == "year"
    assert sending.contact_days(at_home) == {"2026-09-01": 1, "2026-09-07": 1}


def test_the_year_goes_on_after_a_claim_that_came_with_the_backup(
    at_home: db.Database, settings: config.Settings
) -> None:
    sending.buy(at_home, world.Bought(promises=("a free fitting",)))
    sending.drafted(at_home, settings)
    arrive(at_home, ELSEWHERE)
    release(at_home, Happened.restored)
    resume(at_home)
    assert sending.enrollment(at_home).next_step == "promise"
    world.set_clock(at_home, sending.day(8))
    assert len(sending.sent(at_home, settings)) == 1


def test_what_falls_due_later_is_in_no_doubt(at_home: db.Database) -> None:
    sending.buy(at_home, world.Bought(anchor_at=world.START + timedelta(hours=1)))
    arrive(at_home, ELSEWHERE)
    assert release(at_home, Happened.restored) == 0


def test_releasing_no_hold_changes_nothing(at_home: db.Database) -> None:
    assert release(at_home, Happened.moved) is None
    assert sending.the_system(at_home).state is SystemState.running
