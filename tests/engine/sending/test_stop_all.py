"""The kill switch, and the HOLD of a database that was restored."""

import pytest

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.sending import catch_up, stop_all
from drip.engine.sending import pause as campaigns
from drip.engine.sending.catch_up import Missed
from drip.models.audit import AuditEntry
from drip.models.campaign import Campaign
from drip.models.message import MessageState
from drip.models.reasons import Reason
from drip.models.system import System, SystemState
from tests import world
from tests.world import sending


def pause(database: db.Database, reason: str = "fire") -> None:
    with database.write() as session:
        stop_all.pause(session, "rita", reason)


def resume(database: db.Database, missed: Missed = Missed.skip) -> catch_up.Resumed:
    with database.write() as session:
        return stop_all.resume(session, "rita", missed)


def test_nothing_leaves_until_somebody_resumes(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    pause(published_world)
    assert sending.gated(published_world, settings, drafts) == []
    assert sending.message(published_world).detail == "fire"
    resume(published_world)
    assert len(sending.gated(published_world, settings)) == 1


def test_what_is_handed_already_is_settled_all_the_same(
    published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    handed = sending.gated(published_world, settings)
    pause(published_world)
    sending.settled(published_world, handed)
    assert sending.message(published_world).state is MessageState.accepted


def test_who_and_why_are_written_down(published_world: db.Database) -> None:
    pause(published_world)
    resume(published_world)
    with published_world.read() as session:
        notes = [(note.actor, note.act, note.detail) for note in session.query(AuditEntry).filter_by(subject="system")]
    assert notes == [("rita", "pause", "fire"), ("rita", "resume", "missed: skip, 0 left out")]


@pytest.fixture
def long_paused(published_world: db.Database) -> db.Database:
    """Everything stopped on the day of Ana's `hello`; two days after the day of her `promise` it is to go on."""
    sending.change(published_world, Campaign, state_at=world.START)
    sending.buy(published_world, world.Bought(promises=("a bell",)))
    pause(published_world)
    world.set_clock(published_world, sending.day(9, 10))
    return published_world


@pytest.mark.parametrize(
    ("missed", "skipped", "shifted", "sends"),
    [(Missed.skip, 2, 0, None), (Missed.latest, 1, 0, "promise"), (Missed.shift, 0, 8, "hello")],
)
def test_after_a_long_pause_the_policy_of_campaigns_holds_for_all_of_them(
    long_paused: db.Database, settings: config.Settings, missed: Missed, skipped: int, shifted: int, sends: str | None
) -> None:
    assert resume(long_paused, missed) == catch_up.Resumed(stop_all.EVERYTHING, skipped, shifted)
    sending.sent(long_paused, settings)
    accepted = [row.step for row in sending.messages(long_paused) if row.state is MessageState.accepted]
    assert accepted == ([sends] if sends else [])
    assert {row.reason for row in sending.messages(long_paused) if row.state is MessageState.skipped} <= {
        Reason.system_paused
    }


def test_resuming_what_runs_changes_nothing(long_paused: db.Database) -> None:
    resume(long_paused, Missed.shift)
    assert resume(long_paused, Missed.shift) == catch_up.Resumed("The system", was_paused=False)
    assert sending.enrollment(long_paused).shift_days == 8


def test_pausing_again_keeps_since_when_nothing_leaves(long_paused: db.Database) -> None:
    pause(long_paused, "still")
    assert resume(long_paused, Missed.shift).shifted_days == 8


def test_a_campaign_that_is_paused_too_catches_up_later_from_the_first_of_both(long_paused: db.Database) -> None:
    with long_paused.write() as session:
        campaigns.pause_campaign(session, "ride", by="rita")
    assert resume(long_paused).skipped == 0
    with long_paused.write() as session:
        assert campaigns.resume_campaign(session, "ride", Missed.shift, by="rita").shifted_days == 8


def test_a_campaign_that_was_shifted_during_the_pause_is_not_shifted_for_the_same_days_again(
    long_paused: db.Database,
) -> None:
    with long_paused.write() as session:
        campaigns.pause_campaign(session, "ride", by="rita")
        campaigns.resume_campaign(session, "ride", Missed.shift, by="rita")
    resume(long_paused, Missed.shift)
    assert sending.enrollment(long_paused).shift_days == 0


def test_who_is_on_hold_misses_nothing_by_a_pause(long_paused: db.Database) -> None:
    with long_paused.write() as session:
        hold.hold(session, sending.customer_id(long_paused), hold.Cause(Reason.handoff_open))
    assert resume(long_paused).skipped == 0
    assert sending.enrollment(long_paused).next_step == "hello"


def test_what_a_hold_kept_back_until_today_is_not_missed(long_paused: db.Database, settings: config.Settings) -> None:
    who = sending.customer_id(long_paused)
    with long_paused.write() as session:
        hold.hold(session, who, hold.Cause(Reason.handoff_open))
    with long_paused.write() as session:
        hold.release(session, who)
    assert resume(long_paused).skipped == 0


def test_a_hold_stays_until_somebody_says_what_happened(published_world: db.Database) -> None:
    sending.change(published_world, System, state=SystemState.hold, reason="restored")
    pause(published_world)
    assert sending.the_system(published_world).reason == "restored"
    with pytest.raises(stop_all.OnHoldError):
        resume(published_world)


def test_a_long_reason_is_cut_and_not_refused(published_world: db.Database) -> None:
    pause(published_world, "x" * 10_000)
    assert len(sending.the_system(published_world).reason) == 300


def test_going_on_after_minutes_asks_no_more_of_a_large_house_than_of_a_small_one(published_world: db.Database) -> None:
    asked = []
    for first, number in ((0, 2), (2, 20)):
        sending.buy(
            published_world, *(world.Bought(email=f"buyer{first + each}@buyers.example") for each in range(number))
        )
        pause(published_world)
        with sending.statements(published_world) as told:
            resume(published_world)
        asked.append(len(told))
    assert asked[0] == asked[1]
