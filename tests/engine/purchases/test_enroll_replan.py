"""Anchors and zones move, and what is still to come moves with them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from drip import db
from drip.engine.sending import due, pointer
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.message import Message, MessageKind, MessageState
from tests import world
from tests.engine.purchases import arriving
from tests.engine.purchases.arriving import Walk, came, days_ago, record, walks

ZONE_WEST, ZONE_EAST = {"timezone": "Pacific/Honolulu"}, {"timezone": "Asia/Tokyo"}


def ride(step: str | None, planned: str | None, state: str = "active", reason: str | None = None) -> list[Walk]:
    return [Walk("ride", "A1", state, reason, step, planned)]


def claim(database: db.Database) -> None:
    with database.write() as session:
        assert due.claim(session, 10, 30, [MessageKind.check_in])


def hand(database: db.Database) -> None:
    """What the gate writes when it lets the claimed message pass."""
    with database.write() as session:
        row = session.scalars(select(Enrollment)).one()
        sent = session.scalars(select(Message).where(Message.state == MessageState.claimed)).one()
        sent.state, sent.handed_at, sent.lease_until = MessageState.handed, world.START, None
        customer = session.get_one(Customer, row.customer_id)
        pointer.move(session, [pointer.after(session, row, customer, sent.step or "")], world.START)


def ledger(database: db.Database, step: str) -> Any:
    with database.read() as session:
        row = session.scalars(select(Message).where(Message.step == step)).one()
        session.expunge_all()
        return row


def test_a_handover_that_is_known_at_last_moves_the_next_step(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(0)))
    record(published_world, came(purchased_at=days_ago(0), delivered_at=days_ago(-9)))
    assert walks(published_world) == ride("hello", "2026-09-11 09:00")


def test_a_handover_that_is_known_late_brings_back_the_first_steps(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(100)))
    assert walks(published_world) == ride("year", "2027-05-24 09:00")
    record(published_world, came(purchased_at=days_ago(100), delivered_at=days_ago(0)))
    assert walks(published_world) == ride("hello", "2026-09-02 09:00")
    with published_world.read() as session:
        assert session.scalars(select(Enrollment.first_step)).one() == "hello"


def test_a_handover_corrected_backwards_skips_days_gone_by_without_a_message(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    record(published_world, came(delivered_at=days_ago(1.9)))
    assert walks(published_world) == ride("promise", "2026-09-04 09:00")
    assert arriving.messages(published_world) == []


def test_a_walk_without_days_left_starts_when_its_anchor_moves_forward(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(900)))
    record(published_world, came(purchased_at=days_ago(900), delivered_at=days_ago(0)))
    assert walks(published_world) == ride("hello", "2026-09-02 09:00")


def test_such_a_walk_does_not_start_beside_that_of_a_newer_purchase(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(900)))
    record(published_world, came("A2", purchased_at=days_ago(1)))
    record(published_world, came(purchased_at=days_ago(900), delivered_at=days_ago(0)))
    assert [(walk.order, walk.state) for walk in walks(published_world)] == [("A1", "completed"), ("A2", "active")]


def test_a_walk_ends_when_the_moved_anchor_leaves_no_day(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(900), delivered_at=days_ago(0)))
    record(published_world, came(purchased_at=days_ago(900), delivered_at=days_ago(800)))
    assert walks(published_world) == ride(None, None, "completed", "before_first_step")


def test_a_step_under_way_moves_with_its_message_and_fences_its_worker_off(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    claim(published_world)
    before = ledger(published_world, "hello")
    record(published_world, came(delivered_at=days_ago(-5)))
    after = ledger(published_world, "hello")
    assert (after.state, after.lease_token, after.fence) == (MessageState.queued, None, before.fence + 1)
    assert f"{after.due_at.astimezone(world.NEW_YORK):%Y-%m-%d %H:%M}" == "2026-09-07 09:00"
    assert after.planned_at == after.due_at
    assert walks(published_world) == ride("hello", "2026-09-07 09:00")
    with published_world.read() as session:
        assert session.scalars(select(Enrollment.next_due_at)).one() is None


def test_a_step_under_way_whose_day_has_then_gone_by_is_skipped(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    claim(published_world)
    record(published_world, came(delivered_at=days_ago(1.9)))
    assert arriving.messages(published_world) == [("hello", "skipped", "before_first_step")]
    assert walks(published_world) == ride("promise", "2026-09-04 09:00")


def test_after_a_mail_that_was_handed_only_what_follows_moves(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    claim(published_world)
    hand(published_world)
    record(published_world, came(delivered_at=days_ago(-5)))
    assert arriving.messages(published_world) == [("hello", "handed", None)]
    assert walks(published_world) == ride("promise", "2026-09-11 09:00")


def test_a_day_between_that_has_gone_by_says_so_in_the_ledger(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(10), delivered_at=days_ago(1)))
    claim(published_world)
    hand(published_world)
    record(published_world, came(purchased_at=days_ago(10), delivered_at=days_ago(9)))
    assert sorted(arriving.messages(published_world)) == [
        ("hello", "handed", None),
        ("promise", "skipped", "before_first_step"),
    ]
    assert [walk.next_step for walk in walks(published_world)] == ["year"]


def test_a_new_zone_moves_the_hour(published_world: db.Database) -> None:
    bought = came(delivered_at=days_ago(-1))
    record(published_world, bought)
    record(published_world, came(delivered_at=days_ago(-1), customer=ZONE_WEST))
    assert walks(published_world) == ride("hello", "2026-09-03 15:00")
    record(published_world, came(delivered_at=days_ago(-1), customer=ZONE_EAST))
    assert walks(published_world) == ride("hello", "2026-09-02 20:00")


def test_another_name_of_the_same_zone_moves_nothing(published_world: db.Database) -> None:
    record(published_world, came())
    before = walks(published_world)
    record(published_world, came(customer={"country": "US"}))
    assert walks(published_world) == before


def test_a_finished_year_does_not_start_again(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    with published_world.write() as session:
        session.execute(update(Enrollment).values(state="completed", next_step=None, planned_at=None, next_due_at=None))
    record(published_world, came(delivered_at=days_ago(-5)))
    assert walks(published_world) == ride(None, None, "completed")


def test_planning_anew_what_has_not_moved_changes_nothing(published_world: db.Database) -> None:
    from drip.engine.purchases import replan

    [result] = record(published_world, came())
    assert result.customer_id is not None
    with published_world.write() as session:
        assert replan.replan(session, [], [result.customer_id], world.START + timedelta(hours=1)) == []


def test_a_step_put_off_since_yesterday_stays_where_no_date_has_moved(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    claim(published_world)
    with published_world.write() as session:
        later = world.START + timedelta(days=1)
        session.execute(update(Message).values(state=MessageState.queued, due_at=later, lease_token=None))
    world.set_clock(published_world, world.START + timedelta(days=1))
    before = walks(published_world)
    record(published_world, came(delivered_at=(world.START - timedelta(days=1, hours=1)).isoformat()))
    assert arriving.messages(published_world) == [("hello", "queued", None)]
    assert walks(published_world) == before


def test_a_step_that_waits_for_a_hold_to_end_stays_too(published_world: db.Database) -> None:
    record(published_world, came(delivered_at=days_ago(1)))
    world.set_clock(published_world, world.START + timedelta(days=1))
    before = walks(published_world)
    assert before == ride("hello", "2026-09-01 09:00")
    record(published_world, came(delivered_at=(world.START - timedelta(days=1, hours=1)).isoformat()))
    assert walks(published_world) == before
