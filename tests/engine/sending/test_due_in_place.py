"""What a claim leaves alone: every index of enrollments, and steps that wait for long."""

from datetime import timedelta

from sqlalchemy import text

from drip import config, db
from drip.engine.purchases import replan
from drip.engine.sending import catch_up, due, pause
from drip.models import customer, enrollment, system
from drip.models.enrollment import Enrollment
from drip.models.message import MessageKind, MessageState
from drip.models.purchase import Purchase
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
    put_off(published_world, settings)
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


def test_a_step_that_was_put_off_makes_way_for_the_next_when_the_sale_turns_out_older(
    published_world: db.Database, settings: config.Settings
) -> None:
    walk = put_off(published_world, settings)
    world.set_clock(published_world, sending.day(3))
    earlier = world.START - timedelta(days=3)
    with published_world.write() as session:
        sale = session.get_one(Purchase, walk.purchase_id)
        sale.purchased_at = sale.delivered_at = earlier
        session.flush()
        customer.lock(session, [walk.customer_id])
        replan.replan(session, [walk.purchase_id], [], system.business_now(session))
    assert claimed_on_its_day(published_world) == "promise"


def test_a_step_that_was_put_off_makes_way_for_the_next_when_a_pause_has_outlasted_it(
    published_world: db.Database, settings: config.Settings
) -> None:
    put_off(published_world, settings)
    with published_world.write() as session:
        pause.pause_campaign(session, "ride", by="rita")
    world.set_clock(published_world, sending.day(4))
    with published_world.write() as session:
        pause.resume_campaign(session, "ride", catch_up.Missed.skip, by="rita")
    assert claimed_on_its_day(published_world) == "promise"


def put_off(database: db.Database, settings: config.Settings) -> Enrollment:
    """Bought by somebody whose first check-in waits for the next morning."""
    sending.buy(database)
    world.set_clock(database, world.START.replace(hour=20))
    assert sending.gated(database, settings) == []
    found = sending.enrollment(database)
    assert (found.next_step, found.next_due_at, found.put_off) == ("hello", None, True)
    return found


def claimed_on_its_day(database: db.Database) -> str | None:
    """The one step that a claim takes at the instant for which the enrollment is planned."""
    due_at = sending.enrollment(database).next_due_at
    assert due_at is not None
    world.set_clock(database, due_at)
    assert sending.claim(database) is not None
    (step,) = [row.step for row in sending.messages(database) if row.state is MessageState.claimed]
    return step
