"""The last look and the calendar: windows, caps, expiry, and where the pointer goes."""

from datetime import timedelta

import pytest

from drip import config, db
from drip.engine.handoffs import hold
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending

RIDE = world.Bought()
HELMET = world.Bought(campaign="care")


def advance(database: db.Database, number: int, hour: int = 9) -> None:
    world.set_clock(database, sending.day(number, hour))


def by_campaign(database: db.Database) -> dict[int, Message]:
    return {row.campaign_id or 0: row for row in sending.messages(database)}


def claim_apart(database: db.Database, settings: config.Settings) -> None:
    """Two batches at once in two hands: the helmet's first, then the bicycle's; both are then gated."""
    first = sending.drafted(database, settings, limit=50)
    second = sending.drafted(database, settings, limit=50)
    assert (len(first), len(second)) == (1, 1)
    assert len(sending.gated(database, settings, first)) == 1
    assert sending.gated(database, settings, second) == []


def test_two_campaigns_on_one_day_send_one_and_put_the_other_off(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, RIDE, HELMET)
    claim_apart(published_world, settings)
    waiting = next(row for row in sending.messages(published_world) if row.state is MessageState.queued)
    assert (waiting.reason, waiting.due_at) == (Reason.capped, sending.day(2))
    assert sending.contact_days(published_world) == {"2026-09-01": 1}


def test_the_one_that_was_capped_leaves_on_the_next_allowed_day(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, RIDE, HELMET)
    claim_apart(published_world, settings)
    assert sending.gated(published_world, settings) == []
    advance(published_world, 2)
    assert len(sending.gated(published_world, settings)) == 1
    assert sending.contact_days(published_world) == {"2026-09-01": 1, "2026-09-02": 1}


def test_capped_on_a_friday_it_leaves_on_monday(published_world: db.Database, settings: config.Settings) -> None:
    advance(published_world, 4)
    sending.buy(published_world, *(world.Bought(campaign=name, anchor_at=sending.day(3)) for name in ("ride", "care")))
    claim_apart(published_world, settings)
    assert [row.due_at for row in sending.messages(published_world) if row.reason] == [sending.day(7)]


@pytest.mark.parametrize(
    ("now", "opens"), [((1, 17), (2, 9)), ((1, 23), (2, 9)), ((5, 11), (7, 9))], ids=["closing", "night", "saturday"]
)
def test_outside_the_window_it_is_put_off_to_the_next_opening(
    published_world: db.Database, settings: config.Settings, now: tuple[int, int], opens: tuple[int, int]
) -> None:
    sending.buy(published_world)
    advance(published_world, *now)
    assert sending.gated(published_world, settings) == []
    found = sending.message(published_world)
    assert (found.state, found.reason) == (MessageState.queued, Reason.outside_window)
    assert found.due_at == sending.day(*opens)


def test_a_holiday_is_not_written_on(published_world: db.Database, settings: config.Settings) -> None:
    christmas = sending.day(25).replace(month=12)
    world.set_clock(published_world, christmas)
    sending.buy(published_world, world.Bought(anchor_at=christmas - timedelta(days=1)))
    sending.change(published_world, Enrollment, next_due_at=christmas, planned_at=christmas)
    assert sending.gated(published_world, settings) == []
    assert sending.message(published_world).due_at == christmas + timedelta(days=3)  # a Monday


def test_the_window_is_that_of_the_customers_clock(published_world: db.Database, settings: config.Settings) -> None:
    """09:00 in New York is 22:00 in Tokyo: Ken's step of today was planned for the morning, and expires nothing."""
    sending.buy(published_world, world.Bought(email="ken@buyers.example", timezone="Asia/Tokyo"))
    assert sending.gated(published_world, settings) == []
    assert sending.message(published_world).due_at == sending.day(1, 20)  # 09:00 on the 2nd in Tokyo


def test_too_late_it_expires_and_the_enrollment_goes_on(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    advance(published_world, 8)
    assert sending.gated(published_world, settings) == []
    found = sending.message(published_world)
    assert (found.state, found.reason) == (MessageState.skipped, Reason.expired)
    assert (sending.enrollment(published_world).next_step, found.step) == ("promise", "hello")


def test_time_on_hold_is_added_to_the_time_it_has(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    who = sending.customer_id(published_world)
    with published_world.write() as session:
        hold.hold(session, who, hold.Cause(Reason.replied))
    advance(published_world, 8, 10)
    with published_world.write() as session:
        hold.release(session, who)
    assert len(sending.gated(published_world, settings)) == 1


def test_the_pointer_walks_from_step_to_step_and_completes_after_the_last(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, world.Bought(promises=("a bell",)))
    walked = []
    for _ in range(3):
        world.set_clock(published_world, sending.enrollment(published_world).next_due_at or world.START)
        sending.sent(published_world, settings)
        walk = sending.enrollment(published_world)
        walked.append((walk.next_step, f"{walk.next_due_at:%m-%d}" if walk.next_due_at else None, walk.state.value))
    assert walked == [("promise", "09-07", "active"), ("year", "08-31", "active"), (None, None, "completed")]
    assert [row.step for row in sending.messages(published_world)] == ["hello", "promise", "year"]


def test_the_pointer_moves_with_the_gate_and_not_before(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    assert sending.enrollment(published_world).next_step == "hello"
    sending.gated(published_world, settings, drafts)
    walk = sending.enrollment(published_world)
    assert (walk.next_step, walk.next_due_at, walk.planned_at) == ("promise", sending.day(7), sending.day(7))


def test_a_condition_that_does_not_hold_skips_the_step(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    sending.sent(published_world, settings)
    advance(published_world, 7)
    assert sending.gated(published_world, settings) == []
    skipped = sending.messages(published_world)[-1]
    assert (skipped.step, skipped.state, skipped.reason) == ("promise", MessageState.skipped, Reason.condition_false)
    assert sending.enrollment(published_world).next_step == "year"


def test_a_letter_that_lacks_a_fact_is_skipped_and_says_which(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world, world.Bought(first_name="", promises=("a bell",)))
    sending.sent(published_world, settings)
    advance(published_world, 7)
    assert sending.gated(published_world, settings) == []
    skipped = sending.messages(published_world)[-1]
    assert (skipped.step, skipped.reason) == ("promise", Reason.missing_data)
    assert "customer.first_name" in skipped.detail


def test_a_skipped_last_step_completes_the_enrollment(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    later = sending.day(30)
    sending.change(published_world, Enrollment, next_step="year", next_due_at=later, planned_at=later)
    world.set_clock(published_world, later + timedelta(days=8))
    sending.gated(published_world, settings)
    assert sending.message(published_world).reason is Reason.expired
    assert sending.enrollment(published_world).state is EnrollmentState.completed
