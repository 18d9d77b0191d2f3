"""A campaign pauses and goes on: what went by meanwhile is left out, made up for once, or moved; never a burst."""

from datetime import timedelta

import pytest

from drip import config, db
from drip.engine.purchases import replan
from drip.engine.sending import catch_up, pause
from drip.engine.sending.catch_up import Missed
from drip.models import customer, system
from drip.models.audit import AuditEntry
from drip.models.campaign import CampaignState
from drip.models.enrollment import EnrollmentState
from drip.models.message import Message, MessageKind, MessageState, step_key
from drip.models.reasons import Reason
from tests import world
from tests.world import sending


@pytest.fixture
def paused(published_world: db.Database) -> db.Database:
    """Ana's and Ben's bicycles, paused on the day of `hello`; two days after the day of `promise` it is resumed."""
    with published_world.write() as session:
        for email in ("ana@buyers.example", "ben@buyers.example"):
            world.bought(session, world.Bought(email=email, promises=("a bell",)))
        pause.pause_campaign(session, "ride", by="rita")
    world.set_clock(published_world, sending.day(9, 10))
    return published_world


def resume(database: db.Database, missed: Missed) -> catch_up.Resumed:
    with database.write() as session:
        return pause.resume_campaign(session, "ride", missed, by="rita")


def sent_by_day(database: db.Database, settings: config.Settings, days: int) -> dict[str, int]:
    """Mails that leave on each of the days after the resumption, by ISO date."""
    for ahead in range(days):
        sending.sent(database, settings)
        world.set_clock(database, sending.day(9, 10) + timedelta(days=ahead + 1))
    return sending.contact_days(database)


def steps(database: db.Database, state: MessageState) -> list[str | None]:
    return sorted(row.step or "" for row in sending.messages(database) if row.state is state)


def test_a_paused_campaign_says_who_paused_it_and_sends_nothing(paused: db.Database, settings: config.Settings) -> None:
    assert sending.gated(paused, settings) == []
    assert sending.campaign(paused).state is CampaignState.paused
    with paused.read() as session:
        notes = [(note.actor, note.subject) for note in session.query(AuditEntry).filter_by(act="pause")]
    assert notes == [("rita", "campaign:ride")]


def test_pausing_twice_keeps_the_first_reason(paused: db.Database) -> None:
    with paused.write() as session:
        pause.pause_campaign(session, "ride", by="otto", reason="again")
    assert sending.campaign(paused).state_reason == "paused by hand"


def test_skip_leaves_out_what_was_missed_and_says_so(paused: db.Database, settings: config.Settings) -> None:
    resumed = resume(paused, Missed.skip)
    assert resumed.skipped == 4
    assert "4 check-ins" in resumed.sentence
    assert {(row.state, row.reason) for row in sending.messages(paused)} == {
        (MessageState.skipped, Reason.campaign_paused)
    }
    assert {walk.next_step for walk in sending.enrollments(paused)} == {"year"}
    assert sent_by_day(paused, settings, 3) == {}


def test_latest_sends_each_customer_one_mail_and_no_more(paused: db.Database, settings: config.Settings) -> None:
    assert resume(paused, Missed.latest).skipped == 2
    assert steps(paused, MessageState.skipped) == ["hello", "hello"]
    assert sent_by_day(paused, settings, 3) == {"2026-09-09": 2}
    assert steps(paused, MessageState.accepted) == ["promise", "promise"]


def test_shift_moves_everything_by_the_length_of_the_pause(paused: db.Database, settings: config.Settings) -> None:
    assert resume(paused, Missed.shift).shifted_days == 8
    assert sent_by_day(paused, settings, 8) == {"2026-09-09": 2, "2026-09-14": 2}
    assert steps(paused, MessageState.accepted) == ["hello", "hello", "promise", "promise"]
    assert {walk.anchor_at for walk in sending.enrollments(paused)} == {world.START + timedelta(days=7)}


def replan_all(database: db.Database) -> list[int]:
    ids = [walk.customer_id for walk in sending.enrollments(database)]
    with database.write() as session:
        customer.lock(session, ids)
        return replan.replan(session, [], ids, system.business_now(session))


@pytest.mark.parametrize("missed", Missed)
def test_planning_anew_later_does_not_undo_what_resuming_did(paused: db.Database, missed: Missed) -> None:
    resume(paused, missed)
    before = [(walk.next_step, walk.planned_at, walk.anchor_at) for walk in sending.enrollments(paused)]
    assert replan_all(paused) == []
    assert [(walk.next_step, walk.planned_at, walk.anchor_at) for walk in sending.enrollments(paused)] == before


def test_a_message_that_makes_up_for_a_pause_outlives_a_new_zone(
    paused: db.Database, settings: config.Settings
) -> None:
    resume(paused, Missed.latest)
    sending.claim(paused)
    sending.change(paused, customer.Customer, timezone="America/Chicago")
    replan_all(paused)
    sending.lapse(paused)
    assert sent_by_day(paused, settings, 3) == {"2026-09-09": 2}
    assert steps(paused, MessageState.accepted) == ["promise", "promise"]


@pytest.mark.parametrize("missed", Missed)
def test_no_policy_makes_a_burst(paused: db.Database, settings: config.Settings, missed: Missed) -> None:
    resume(paused, missed)
    assert max(sent_by_day(paused, settings, 8).values(), default=0) <= 2


@pytest.mark.parametrize("missed", Missed)
def test_a_pause_within_a_day_costs_nothing(
    published_world: db.Database, settings: config.Settings, missed: Missed
) -> None:
    sending.buy(published_world)
    with published_world.write() as session:
        pause.pause_campaign(session, "ride", by="rita")
    world.set_clock(published_world, sending.day(1, 12))
    assert resume(published_world, missed).skipped == 0
    assert len(sending.gated(published_world, settings)) == 1
    assert sending.message(published_world).step == "hello"


@pytest.mark.parametrize(
    ("missed", "state"), [(Missed.skip, MessageState.skipped), (Missed.shift, MessageState.queued)]
)
def test_a_message_that_was_under_way_follows_the_same_policy(
    published_world: db.Database, settings: config.Settings, missed: Missed, state: MessageState
) -> None:
    sending.buy(published_world)
    drafts = sending.drafted(published_world, settings)
    with published_world.write() as session:
        pause.pause_campaign(session, "ride", by="rita")
    sending.gated(published_world, settings, drafts)
    world.set_clock(published_world, sending.day(3))
    resume(published_world, missed)
    hello = next(row for row in sending.messages(published_world) if row.step == "hello")
    assert hello.state is state
    assert len(sending.messages(published_world)) == 1


@pytest.mark.parametrize("missed", Missed)
@pytest.mark.parametrize("state", [MessageState.queued, MessageState.claimed, MessageState.accepted])
def test_a_mail_that_a_rep_wrote_in_place_of_a_missed_step_stays_as_it_is(
    paused: db.Database, missed: Missed, state: MessageState
) -> None:
    walk = sending.enrollments(paused)[0]
    with paused.write() as session:
        session.add(Message(id="answer", kind=MessageKind.answer, dedupe_key=step_key(walk.id, "promise"),
                            state=state, created_at=world.START, planned_at=world.START,
                            due_at=world.START))  # fmt: skip
    resume(paused, missed)
    answer = next(row for row in sending.messages(paused) if row.id == "answer")
    assert (answer.state, answer.due_at, answer.fence) == (state, world.START, 0)


def test_who_ended_meanwhile_stays_ended(paused: db.Database) -> None:
    first = sending.enrollments(paused)[0]
    sending.change(paused, type(first), type(first).id == first.id, state=EnrollmentState.exited, next_due_at=None)
    resume(paused, Missed.shift)
    assert sending.enrollments(paused)[0].state is EnrollmentState.exited
    assert sending.enrollments(paused)[0].anchor_at == first.anchor_at


@pytest.mark.parametrize("missed", Missed)
def test_resuming_twice_resumes_once(paused: db.Database, missed: Missed) -> None:
    resume(paused, missed)
    before = [(walk.next_step, walk.next_due_at) for walk in sending.enrollments(paused)]
    assert resume(paused, missed) == catch_up.Resumed("ride", was_paused=False)
    assert [(walk.next_step, walk.next_due_at) for walk in sending.enrollments(paused)] == before


def test_other_campaigns_go_on(paused: db.Database, settings: config.Settings) -> None:
    sending.buy(paused, world.Bought(email="eve@buyers.example", campaign="care", anchor_at=sending.day(8)))
    assert len(sending.gated(paused, settings)) == 1


def test_a_name_that_is_unknown_says_which_are_known(published_world: db.Database) -> None:
    with published_world.write() as session, pytest.raises(pause.UnknownCampaignError, match="There are: care, ride"):
        pause.pause_campaign(session, "rides", by="rita")


@pytest.mark.parametrize("missed", Missed)
def test_however_many_go_on_the_database_is_asked_the_same(paused: db.Database, missed: Missed) -> None:
    with paused.write() as session:
        for number in range(40):
            world.bought(session, world.Bought(email=f"buyer{number}@buyers.example", promises=("a bell",)))
    with sending.statements(paused) as seen:
        resume(paused, missed)
    assert len(seen) < 30
