"""Time that jumps from one due instant to the next, and never over something that is moving."""

from datetime import datetime, timedelta

import pytest

from drip import config, db, errors
from drip.engine.handoffs import hold
from drip.engine.sending import fast_forward
from drip.models import system
from drip.models.message import MessageState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending

END = sending.day(30)


def step(database: db.Database, end: datetime = END) -> datetime | None:
    with database.write() as session:
        return fast_forward.step(session, end)


def now(database: db.Database) -> datetime:
    with database.read() as session:
        return system.business_now(session)


def is_at(database: db.Database, at: datetime) -> bool:
    return timedelta() <= now(database) - at < timedelta(minutes=1)


def test_it_stops_at_every_due_instant_and_then_at_the_end(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, world.Bought(promises=("a bell",), anchor_at=world.START))
    stops = []
    while (at := step(published_world)) is not None and at < END:
        stops.append(at)
        sending.sent(published_world, settings)
    assert (stops, at) == ([sending.day(2), sending.day(7)], END)
    assert [row.state for row in sending.messages(published_world)] == [MessageState.accepted] * 2
    assert is_at(published_world, END)


def test_it_does_not_move_while_something_is_due(published_world: db.Database) -> None:
    sending.buy(published_world)
    assert step(published_world) is None
    assert is_at(published_world, world.START)


def test_it_does_not_move_while_something_is_under_way(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    assert step(published_world) is None
    handed = sending.gated(published_world, settings, drafts)
    assert step(published_world) is None
    sending.settled(published_world, handed)
    assert step(published_world) == sending.day(7)


def test_what_is_held_does_not_keep_it_back_and_the_end_of_the_hold_is_a_stop(published_world: db.Database) -> None:
    sending.buy(published_world)
    with published_world.write() as session:
        who = sending.customer_id(published_world)
        hold.hold(session, who, hold.Cause(Reason.cool_off, until=sending.day(3)))
    assert step(published_world) == sending.day(3)
    assert step(published_world) is None


def test_with_nothing_ahead_it_goes_to_the_end(published_world: db.Database) -> None:
    assert step(published_world, sending.day(2)) == sending.day(2)
    assert is_at(published_world, sending.day(2))


def test_it_never_goes_back(published_world: db.Database) -> None:
    step(published_world, sending.day(1, 8))
    assert is_at(published_world, world.START)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30d", 30 * 86400), ("2w", 14 * 86400), ("12h", 12 * 3600), ("90m", 5400)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert fast_forward.duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "d", "30", "-1d", "0d", "1.5d", "30 d", "٣d", "5001d", "30y", "1e9d"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(errors.DripError, match="write 30d"):
        fast_forward.duration(text)
