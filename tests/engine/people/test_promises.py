"""A promise is kept or broken when somebody says so, and the next letter knows."""

from sqlalchemy import select

from drip import config, db
from drip.engine.people import promises
from drip.models.audit import AuditEntry
from drip.models.purchase import Promise, PromiseState
from tests import world
from tests.world import sending


def mark(database: db.Database, state: PromiseState, promise_id: int = 1, who: int | None = None) -> bool:
    with database.write() as session:
        return promises.mark(session, who or sending.customer_id(database), promise_id, state, "rita")


def buy(database: db.Database) -> None:
    sending.buy(database, world.Bought(promises=("a bell",)))


def test_who_said_so_and_when_is_written_down_once(published_world: db.Database) -> None:
    buy(published_world)
    assert mark(published_world, PromiseState.kept)
    assert mark(published_world, PromiseState.kept)
    with published_world.read() as session:
        assert session.scalars(select(Promise.state)).one() is PromiseState.kept
        acts = session.execute(select(AuditEntry.act, AuditEntry.actor, AuditEntry.detail)).all()
    assert [each for each in acts if each.act.startswith("promise")] == [("promise kept", "rita", "a bell")]


def test_a_check_in_about_open_promises_is_left_out_once_they_are_kept(
    published_world: db.Database, settings: config.Settings
) -> None:
    buy(published_world)
    sending.sent(published_world, settings)
    world.set_clock(published_world, sending.day(7, 10))
    drafts = sending.drafted(published_world, settings)
    mark(published_world, PromiseState.kept)
    assert sending.gated(published_world, settings, drafts) == []
    assert sending.sent(published_world, settings) == []
    assert "condition_false" in {row.reason for row in sending.messages(published_world)}


def test_somebody_elses_promise_is_not_theirs_to_mark(published_world: db.Database) -> None:
    buy(published_world)
    sending.buy(published_world, world.Bought(email="ben@buyers.example"))
    ben = sending.customer_id(published_world, "ben@buyers.example")
    assert not mark(published_world, PromiseState.kept, who=ben)
    assert not mark(published_world, PromiseState.kept, promise_id=99)
