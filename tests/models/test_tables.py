"""What the tables themselves refuse and keep, whoever writes to them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from drip import db, tokens
from drip.models import customer, suppression, system
from drip.models.customer import ContactDay, Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageKind, MessageState, step_key
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from drip.models.system import System
from tests import world
from tests.world import sending


def message(key: str, **facts: object) -> Message:
    return Message(**{"id": tokens.new_id(), "kind": MessageKind.check_in, "dedupe_key": key,
                      "state": MessageState.queued, "created_at": world.START, "planned_at": world.START,
                      "due_at": world.START, **facts})  # fmt: skip


def write(database: db.Database, *rows: object) -> None:
    with database.write() as session:
        session.add_all(rows)


def test_there_is_one_message_for_a_step_whoever_writes_it(published_world: db.Database) -> None:
    (walk,) = sending.buy(published_world)
    write(published_world, message(step_key(walk.id, "hello")))
    with pytest.raises(IntegrityError):
        write(published_world, message(step_key(walk.id, "hello"), kind=MessageKind.answer))


def test_two_walks_of_one_exclusive_campaign_cannot_both_be_active(published_world: db.Database) -> None:
    sending.buy(published_world)
    with pytest.raises(IntegrityError):
        sending.buy(published_world)
    sending.change(published_world, Enrollment, state=EnrollmentState.exited)
    sending.buy(published_world)
    assert len(sending.enrollments(published_world)) == 2


def test_a_state_that_nobody_knows_is_refused(published_world: db.Database) -> None:
    sending.buy(published_world)
    sending.claim(published_world)
    for table in ("messages", "enrollments", "system", "campaigns", "breaker"):
        with pytest.raises(IntegrityError), published_world.write() as session:
            session.execute(text(f"UPDATE {table} SET state = 'lost'"))


def test_words_are_kept_in_lower_case(published_world: db.Database) -> None:
    sending.buy(published_world)
    sending.claim(published_world)
    with published_world.read() as session:
        assert session.execute(text("SELECT kind, state FROM messages")).one() == ("check_in", "claimed")


def test_an_instant_comes_back_as_it_was_and_in_utc(database: db.Database) -> None:
    write(database, message("k"))
    for hours in (-11, 0, 5.75, 14):
        at = datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=hours)))
        sending.change(database, Message, due_at=at)
        found = sending.message(database).due_at
        assert (found, found.tzinfo) == (at, UTC)


def test_a_time_without_a_zone_is_refused(database: db.Database) -> None:
    with pytest.raises(StatementError, match="needs its zone"):
        write(database, message("k", due_at=datetime(2026, 3, 1)))  # noqa: DTZ001


def test_customers_are_locked_in_the_order_of_their_ids(published_world: db.Database) -> None:
    sending.buy(published_world, *(world.Bought(email=f"{name}@buyers.example") for name in "abc"))
    with published_world.write() as session:
        assert list(customer.lock(session, [3, 1, 2, 1])) == [1, 2, 3]
        assert customer.lock(session, []) == {}


def test_touching_raises_the_version(published_world: db.Database) -> None:
    sending.buy(published_world)
    with published_world.write() as session:
        customer.touch(session, [1])
    with published_world.read() as session:
        assert session.get_one(Customer, 1).version == 2


def test_days_of_contact_are_counted_and_given_back(published_world: db.Database) -> None:
    sending.buy(published_world)
    day = world.START.date()
    with published_world.write() as session:
        customer.count_contacts(session, [(1, day), (1, day)])
        customer.uncount_contact(session, 1, day)
    assert sending.contact_days(published_world) == {"2026-09-01": 1}
    with published_world.write() as session:
        for _ in range(3):
            customer.uncount_contact(session, 1, day)
        assert session.scalars(select(ContactDay.check_ins)).one() == 0


def test_a_contact_counts_for_as_many_local_days_as_the_cap_says(published_world: db.Database) -> None:
    sending.buy(published_world)
    day = world.START.date()
    with published_world.write() as session:
        customer.count_contacts(session, [(1, day - timedelta(days=20)), (1, day)])
        for cap_days in (1, 3, 7):
            for later, known in ((cap_days - 1, {1: day}), (cap_days, {})):
                at = world.START + timedelta(days=later)
                assert customer.contacted(session, {1: world.NEW_YORK}, at, cap_days) == known


def test_a_suppression_holds_for_the_person_or_the_address_until_lifted(published_world: db.Database) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    write(
        published_world,
        Suppression(customer_id=1, reason=Reason.unsubscribed, since=world.START),
        Suppression(address_hash="ben", reason=Reason.bounced, since=world.START),
        Suppression(address_hash="eve", reason=Reason.bounced, since=world.START, lifted_at=world.START),
    )
    with published_world.read() as session:
        found = suppression.among(session, [1, 2], ["ana", "ben", "eve"])
    assert [found.reason(1, "ana"), found.reason(2, "ben"), found.reason(2, "eve")] == [
        Reason.unsubscribed,
        Reason.bounced,
        None,
    ]


def test_business_time_runs_beside_real_time_at_the_same_pace(database: db.Database) -> None:
    sending.change(database, System, clock_offset_us=3_600_000_000)
    with database.read() as session:
        now = system.now(session)
        later = system.now(session)
    assert now.offset == later.offset == timedelta(hours=1)
    assert later.real_at >= now.real_at
    assert abs(now.real_at - datetime.now(UTC)) < timedelta(minutes=5)
