"""What a claim leaves alone: every index of enrollments, and steps that wait for long."""

from sqlalchemy import text

from drip import config, db
from drip.engine.sending import due
from drip.models import enrollment
from drip.models.message import MessageKind, MessageState
from tests import world
from tests.world import sending


def test_on_postgresql_a_claim_changes_no_index_of_enrollments(published_world: db.Database) -> None:
    """A heap-only update leaves every index alone; the counts are those of this transaction."""
    world.only(published_world, "postgresql")
    sending.buy(published_world, *[world.Bought(email=f"buyer{index}@buyers.example") for index in range(3)])
    with published_world.write() as session:
        due.claim(session, 10, 30, [MessageKind.check_in])
        counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'enrollments'"
        assert tuple(session.execute(text(counts)).one()) == (3, 3)


def test_a_step_that_waits_for_long_is_not_looked_at_by_claims_until_it_has_left(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    world.set_clock(published_world, world.START.replace(hour=20))
    assert sending.gated(published_world, settings) == []
    walk = sending.enrollment(published_world)
    assert (walk.next_step, walk.next_due_at, walk.put_off) == ("hello", None, True)
    world.set_clock(published_world, sending.TOMORROW)
    assert len(sending.gated(published_world, settings)) == 1
    walk = sending.enrollment(published_world)
    assert (walk.next_step, walk.next_due_at, walk.put_off) == ("promise", sending.day(7), False)
    world.set_clock(published_world, sending.day(7))
    assert sending.claim(published_world) is not None
    assert [row.step for row in sending.messages(published_world) if row.state is MessageState.claimed] == ["promise"]


def test_a_step_that_nothing_is_under_way_of_is_never_put_off(published_world: db.Database) -> None:
    """It would never be claimed."""
    (walk,) = sending.buy(published_world)
    with published_world.write() as session:
        enrollment.put_off(session, [walk.id])
    assert sending.claim(published_world) is not None
