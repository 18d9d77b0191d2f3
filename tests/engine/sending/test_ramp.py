"""A young domain sends little on its first days."""

import pytest

from drip import config, db
from drip.models import sending_day
from drip.models.campaign import Publication
from drip.models.message import MessageState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending


@pytest.fixture
def young(published_world: db.Database) -> db.Database:
    """Two check-ins on the first day, three on the second, then as many as there are; eight are due."""
    with published_world.write() as session:
        row = session.query(Publication).one()
        row.sending = {**row.sending, "ramp": [2, 3]}
        row.digest = "with a ramp"
    sending.buy(published_world, *(world.Bought(email=f"{number}@buyers.example") for number in range(8)))
    return published_world


def test_each_day_has_its_number_and_the_rest_waits_until_the_ramp_is_climbed(
    young: db.Database, settings: config.Settings
) -> None:
    left = []
    for day in (1, 2, 3):
        world.set_clock(young, sending.day(day))
        left.append([len(sending.sent(young, settings)), len(sending.sent(young, settings))])
    assert left == [[2, 0], [3, 0], [3, 0]]


def test_what_is_over_waits_for_the_next_open_hour_and_says_why(young: db.Database, settings: config.Settings) -> None:
    world.set_clock(young, sending.day(1))
    sending.sent(young, settings)
    waiting = [row for row in sending.messages(young) if row.state is MessageState.queued]
    assert {(row.reason, row.due_at) for row in waiting} == {(Reason.ramp, sending.day(2))}
    assert len(waiting) == 6


def test_days_without_mail_do_not_climb_the_ramp(young: db.Database) -> None:
    with young.write() as session:
        rooms = [sending_day.room(session, sending.day(day).date(), [2, 3]) for day in (1, 2, 3)]
    assert rooms == [2, 2, 2]
