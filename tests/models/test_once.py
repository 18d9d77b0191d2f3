"""What a transaction has found out is forgotten with it."""

import time
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import db
from drip.models import customer, once, system
from drip.models.customer import Customer
from tests import world
from tests.world import sending


def told(numbers: list[int]) -> list[tuple[int, str]]:
    return [(number, f"{number}!") for number in numbers if number < 10]


def test_what_was_asked_before_is_not_asked_again(database: db.Database) -> None:
    asked: list[int] = []

    def ask(missing: list[int]) -> list[tuple[int, str]]:
        asked.extend(missing)
        return told(missing)

    with database.write() as session:
        assert once.asked(session, "numbers", [1, 2, 2, 11], ask) == {1: "1!", 2: "2!", 11: None}
        assert once.asked(session, "numbers", [11, 3], ask) == {11: None, 3: "3!"}
    assert asked == [1, 2, 11, 3]


def test_the_next_transaction_asks_anew(database: db.Database) -> None:
    with Session(database.engine) as session:
        session.begin()
        once.of(session, "names")["ana"] = 1
        assert once.of(session, "names") == {"ana": 1}
        assert once.of(session, "others") == {}
        session.commit()
        session.begin()
        assert once.of(session, "names") == {}


def test_a_savepoint_remembers_for_itself(database: db.Database) -> None:
    """Rolled back, it loses the locks that were taken in it."""
    with database.write() as session:
        once.of(session, "names")["ana"] = 1
        with session.begin_nested() as point:
            once.of(session, "names")["ben"] = 2
            assert once.of(session, "names") == {"ben": 2}
            point.rollback()
        assert "ben" not in once.of(session, "names")


def test_business_time_can_stand_still_for_a_transaction(database: db.Database) -> None:
    with Session(database.engine) as session:
        session.begin()
        at = system.one_instant(session)
        assert [system.business_now(session), system.one_instant(session)] == [at, at]
        assert system.now(session).business_at >= at
        session.commit()
        time.sleep(0.002)  # SQLite counts milliseconds
        session.begin()
        assert system.business_now(session) != at


def test_whoever_moves_the_clock_sees_it_move(database: db.Database) -> None:
    with database.write() as session:
        at = system.one_instant(session)
        system.move_clock(session, timedelta(days=1))
        assert system.business_now(session) >= at + timedelta(days=1)


def test_a_locked_customer_is_not_read_again_in_the_same_transaction(published_world: db.Database) -> None:
    sending.buy(published_world, world.Bought(), world.Bought(email="ben@buyers.example"))
    with published_world.write() as session:
        ids = list(session.scalars(select(Customer.id).order_by(Customer.id)))
        (ana,) = customer.lock(session, ids[:1]).values()
        with sending.statements(published_world) as seen:
            both = customer.lock(session, [*ids, ids[-1] + 1])
        assert (len(seen), both[ids[0]] is ana, sorted(both)) == (1, True, ids)


def test_two_stops_in_one_transaction_change_the_customer_once(published_world: db.Database) -> None:
    sending.buy(published_world)
    who = sending.customer_id(published_world)
    before = version(published_world)
    for _ in range(2):
        with published_world.write() as session:
            customer.touch(session, [who])
            customer.touch(session, [who, who])
    assert version(published_world) == before + 2


def version(database: db.Database) -> int:
    with database.read() as session:
        return session.scalars(select(Customer.version)).one()
