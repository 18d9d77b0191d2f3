"""A customer on hold hears nothing from us until the hold ends, by itself or by somebody's hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.handoffs.hold import Cause
from drip.models.customer import Customer
from drip.models.message import MessageState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending


@pytest.fixture
def ana(published_world: db.Database) -> int:
    """Ana's `hello` is due now; her id."""
    sending.buy(published_world)
    return sending.customer_id(published_world)


def put(database: db.Database, who: int, *causes: Cause) -> None:
    with database.write() as session:
        for cause in causes:
            hold.hold(session, who, cause)


def let_go(database: db.Database, who: int, reason: Reason | None = None) -> int:
    with database.write() as session:
        return hold.release(session, who, reason)


def in_force(database: db.Database, who: int) -> Reason | None:
    with database.read() as session:
        found = hold.in_force(session, {who}, sending.day(1, 9) + timedelta(minutes=1)).get(who)
        return found.reason if found else None


def test_a_held_customer_gets_nothing_and_is_written_to_after_release(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    put(published_world, ana, Cause(Reason.replied))
    assert sending.gated(published_world, settings) == []
    assert let_go(published_world, ana) == 1
    assert len(sending.gated(published_world, settings)) == 1


def test_a_hold_with_an_end_ends_by_itself(published_world: db.Database, settings: config.Settings, ana: int) -> None:
    put(published_world, ana, Cause(Reason.cool_off, until=sending.day(3)))
    world.set_clock(published_world, sending.day(2))
    assert sending.gated(published_world, settings) == []
    world.set_clock(published_world, sending.day(3))
    assert len(sending.gated(published_world, settings)) == 1


def test_a_hold_over_all_campaigns_of_the_customer(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    sending.buy(published_world, world.Bought(campaign="care"), world.Bought(email="ben@buyers.example"))
    put(published_world, ana, Cause(Reason.replied))
    assert len(sending.gated(published_world, settings)) == 1
    assert [row.customer_id == ana for row in sending.messages(published_world)] == [False]


def test_a_message_put_off_by_a_hold_leaves_after_it(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    drafts = sending.drafted(published_world, settings)
    put(published_world, ana, Cause(Reason.replied))
    assert sending.gated(published_world, settings, drafts) == []
    assert sending.claim(published_world) is None
    let_go(published_world, ana)
    assert len(sending.gated(published_world, settings)) == 1


def test_a_message_put_off_by_a_hold_that_is_released_early_leaves_at_once(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    drafts = sending.drafted(published_world, settings)
    put(published_world, ana, Cause(Reason.not_now, until=sending.day(7)))
    sending.gated(published_world, settings, drafts)
    let_go(published_world, ana)
    assert len(sending.gated(published_world, settings)) == 1


def test_releasing_one_reason_leaves_the_others(published_world: db.Database, ana: int) -> None:
    put(published_world, ana, Cause(Reason.replied), Cause(Reason.not_now, until=sending.day(9)))
    assert let_go(published_world, ana, Reason.replied) == 1
    assert in_force(published_world, ana) is Reason.not_now
    assert let_go(published_world, ana) == 1
    assert (let_go(published_world, ana), in_force(published_world, ana)) == (0, None)


def test_of_several_holds_the_one_that_lasts_longest_counts(published_world: db.Database, ana: int) -> None:
    put(published_world, ana, Cause(Reason.cool_off, until=sending.day(4)), Cause(Reason.not_now, until=sending.day(9)))
    assert in_force(published_world, ana) is Reason.not_now
    put(published_world, ana, Cause(Reason.handoff_open))
    assert in_force(published_world, ana) is Reason.handoff_open


def test_a_hold_changes_the_customers_version_so_that_a_gate_sees_it(published_world: db.Database, ana: int) -> None:
    def version() -> int:
        with published_world.read() as session:
            return session.get_one(Customer, ana).version

    before = version()
    put(published_world, ana, Cause(Reason.replied))
    assert version() == before + 1


def test_time_on_several_holds_counts_once(published_world: db.Database, ana: int) -> None:
    put(published_world, ana, Cause(Reason.replied, until=sending.day(3)), Cause(Reason.not_now, until=sending.day(4)))
    with published_world.read() as session:
        held = hold.seconds_held(session, ana, sending.day(2), sending.day(9))
        before = hold.seconds_held(session, ana, sending.day(5), sending.day(9))
    assert (held, before) == (timedelta(days=2).total_seconds(), 0.0)


def test_nothing_is_lost_by_a_long_hold(published_world: db.Database, settings: config.Settings, ana: int) -> None:
    put(published_world, ana, Cause(Reason.replied, until=sending.day(28)))
    world.set_clock(published_world, sending.day(28))
    sending.sent(published_world, settings)
    assert [row.state for row in sending.messages(published_world)] == [MessageState.accepted]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=12))
def test_covered_time_is_the_union_of_the_spans(pairs: list[tuple[int, int]]) -> None:
    minutes = {minute for start, end in pairs for minute in range(start, end)}
    spans = [(world.START + timedelta(minutes=start), world.START + timedelta(minutes=end)) for start, end in pairs]
    assert hold._covered(spans) == len(minutes) * 60
