"""A mail that left late says what moved it, and one that was left out says which condition did not hold."""

from datetime import timedelta

import pytest

from drip import config, db
from drip.campaigns import definition
from drip.engine.handoffs import hold
from drip.engine.telling import clauses, explain, life, sentences
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.message import MessageState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending

KEY = b"a secret of the tests"


def told(database: db.Database, step: str = "hello") -> explain.Told:
    with database.read() as session:
        return life.of(session, session.query(Customer).one(), KEY).steps(step)[0]


def held(database: db.Database, *causes: hold.Cause) -> None:
    with database.write() as session:
        for cause in causes:
            hold.hold(session, sending.customer_id(database), cause)


def let_go(database: db.Database, reason: Reason) -> None:
    with database.write() as session:
        hold.release(session, sending.customer_id(database), reason)


@pytest.fixture
def ana(published_world: db.Database) -> int:
    """Her `hello` is due on Tuesday 1 September at 9."""
    sending.buy(published_world, world.Bought(promises=("a bell",)))
    return sending.customer_id(published_world)


def test_a_mail_that_left_when_it_was_planned_was_moved_by_nothing(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    sending.sent(published_world, settings)
    assert told(published_world).reason is None
    assert "planned" not in told(published_world).sentence


def test_the_cool_off_after_an_answer_says_that_it_moved_a_mail(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    held(published_world, hold.Cause(Reason.replied), hold.Cause(Reason.cool_off, until=sending.day(4, 8)))
    let_go(published_world, Reason.replied)
    assert "held back until Fri 4 Sep 2026, 08:00 EDT, because the cool-off" in told(published_world).sentence
    world.set_clock(published_world, sending.day(4))
    sending.sent(published_world, settings)
    found = told(published_world)
    assert (found.state, found.reason) == ("accepted", Reason.cool_off)
    assert found.sentence == (
        "Sent on Fri 4 Sep 2026, 09:00 EDT; the mail provider has taken it. It was planned for "
        "Tue 1 Sep 2026, 09:00 EDT and held back by the cool-off, the quiet days after an answer or a conversation."
    )


def test_a_hold_that_was_over_before_moved_nothing(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    held(published_world, hold.Cause(Reason.not_now))
    let_go(published_world, Reason.not_now)
    world.set_clock(published_world, sending.day(1, 10))
    sending.change(published_world, Enrollment, planned_at=sending.day(1, 10))
    sending.sent(published_world, settings)
    assert told(published_world).reason is None


def test_a_hold_that_made_it_some_seconds_late_is_not_worth_a_word(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    held(published_world, hold.Cause(Reason.cool_off, until=world.START + timedelta(seconds=20)))
    world.set_clock(published_world, world.START + timedelta(seconds=30))
    sending.sent(published_world, settings)
    assert (told(published_world).state, told(published_world).reason) == ("accepted", None)


def test_the_frequency_cap_says_that_it_moved_a_mail(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    sending.buy(published_world, world.Bought(campaign="care"))
    sending.sent(published_world, settings)
    sending.sent(published_world, settings)
    waits = told(published_world, "fit")
    assert (waits.state, waits.reason) == (MessageState.queued, Reason.capped)
    assert waits.sentence.startswith("Put off to Wed 2 Sep 2026, 09:00 EDT, because the frequency cap is used up")
    assert waits.sentence.endswith("It was planned for Tue 1 Sep 2026, 09:00 EDT.")
    world.set_clock(published_world, sending.day(2))
    sending.sent(published_world, settings)
    left = told(published_world, "fit")
    assert (left.state, left.reason) == ("accepted", Reason.capped)
    assert "held back by the frequency cap" in left.sentence


def test_a_mail_that_waits_says_so_when_a_conversation_holds_it_now(
    published_world: db.Database, settings: config.Settings, ana: int
) -> None:
    sending.buy(published_world, world.Bought(campaign="care"))
    sending.sent(published_world, settings)
    sending.sent(published_world, settings)
    held(published_world, hold.Cause(Reason.handoff_open))
    found = told(published_world, "fit")
    assert (found.state, found.reason) == (MessageState.queued, Reason.handoff_open)
    assert found.sentence.endswith("but held back, because the customer is in a conversation with one of us.")


def test_a_mail_that_was_left_out_names_its_condition(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world, world.Bought(anchor_at=world.START - timedelta(days=5)))
    sending.sent(published_world, settings)
    found = told(published_world, "promise")
    assert (found.state, found.reason) == ("skipped", Reason.condition_false)
    assert found.sentence == "Skipped, because it goes out only if a promise is still open, and that was not so."


def test_of_a_condition_with_several_parts_those_that_fail_are_named() -> None:
    facts = definition.PurchaseFacts("bike", None, "Quay 3", None, "USD", "US", 0, 1, 0, repeat_buyer=False)
    when = definition.When(country=("US",), promises="open", repeat_buyer=True)
    assert clauses.unmet(when, facts) == "a promise is still open and they have bought before"


@pytest.mark.parametrize("reason", [*Reason])
def test_whatever_moved_a_mail_there_is_a_sentence_for_it(reason: Reason) -> None:
    said = sentences.moved(world.START, reason, world.NEW_YORK)
    assert said.startswith("It was planned for Tue 1 Sep 2026, 09:00 EDT and held back by ")
    assert said.endswith(".")
