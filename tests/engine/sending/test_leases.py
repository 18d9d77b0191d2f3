"""A batch is its worker's for as long as its lease: kept, given back, or lost."""

from datetime import timedelta

import pytest

from drip import db
from drip.engine.sending import due
from tests import world
from tests.world import sending


def test_a_lease_that_is_renewed_does_not_lapse(published_world: db.Database) -> None:
    sending.buy(published_world)
    lease = sending.claim(published_world)
    assert lease is not None
    sending.lapse(published_world)
    with published_world.write() as session:
        due.renew(session, lease.token, 30)
    assert sending.claim(published_world) is None


def test_what_a_worker_gives_back_is_claimed_anew_at_once(published_world: db.Database) -> None:
    sending.buy(published_world, *(world.Bought(email=f"buyer{index}@buyers.example") for index in range(3)))
    first = sending.claim(published_world)
    assert first is not None
    with published_world.write() as session:
        due.give_back(session, first.token)
    second = sending.claim(published_world)
    assert second is not None
    assert second.count == first.count == 3
    assert {row.fence for row in sending.messages(published_world)} == {3}


@pytest.mark.parametrize("seconds", [30, 1, -1])
def test_a_batch_has_time_left_until_it_lapses(seconds: int, published_world: db.Database) -> None:
    sending.buy(published_world)
    lease = sending.claim(published_world, lease_seconds=seconds)
    assert lease is not None
    with published_world.read() as session:
        left = due.time_left(session, lease.token)
        assert timedelta(seconds=max(seconds - 1, 0)) <= left <= timedelta(seconds=max(seconds, 0))
        assert due.time_left(session, "nobody") == timedelta()
