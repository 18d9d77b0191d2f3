"""What each answer of the provider makes of a message, its enrollment, its day, its campaign and the fleet."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drip import config, db
from drip.engine.sending import catch_up, pause, settle
from drip.engine.sending.gate import Handed
from drip.models.campaign import CampaignState
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import MessageState
from drip.models.reasons import Reason
from drip.models.system import BreakerState, SystemState
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.world import sending

REFUSED = Outcome(Result.refused, detail="400: no such thing")
DOUBT = Outcome(Result.ambiguous, detail="ServerDisconnectedError")
BUSY = Outcome(Result.busy, detail="429", wait_seconds=40.0)
CERTAINLY_NOT_SENT = [
    (Outcome(Result.stale), Reason.changed),
    (Outcome(Result.unreachable, detail="ClientConnectorError"), Reason.provider_down),
    (BUSY, Reason.provider_busy),
    (Outcome(Result.locked_out, detail="401: no"), Reason.system_paused),
]


@pytest.fixture
def in_flight(published_world: db.Database, settings: config.Settings) -> list[Handed]:
    """Ana's `hello` has been handed."""
    sending.buy(published_world)
    return sending.gated(published_world, settings)


def fleet(database: db.Database, number: int) -> None:
    sending.buy(database, *(world.Bought(email=f"buyer{index}@buyers.example") for index in range(number)))


def test_accepted_keeps_the_providers_id_and_the_day(published_world: db.Database, in_flight: list[Handed]) -> None:
    sending.settled(published_world, in_flight)
    found = sending.message(published_world)
    assert (found.state, found.provider_id, found.reason) == (MessageState.accepted, "p1", None)
    assert found.settled_at is not None
    assert sending.contact_days(published_world) == {"2026-09-01": 1}


def test_in_doubt_stays_in_doubt_and_the_enrollment_goes_on(
    published_world: db.Database, settings: config.Settings, in_flight: list[Handed]
) -> None:
    sending.settled(published_world, in_flight, DOUBT)
    found = sending.message(published_world)
    assert (found.state, found.reason, found.detail) == (MessageState.ambiguous, Reason.no_answer, DOUBT.detail)
    assert sending.contact_days(published_world) == {"2026-09-01": 1}
    assert sending.enrollment(published_world).next_step == "promise"
    sending.lapse(published_world)
    assert sending.gated(published_world, settings) == []


def test_refused_fails_for_good_gives_the_day_back_and_the_enrollment_goes_on(
    published_world: db.Database, in_flight: list[Handed]
) -> None:
    sending.settled(published_world, in_flight, REFUSED)
    found = sending.message(published_world)
    assert (found.state, found.reason, found.detail) == (MessageState.failed, Reason.refused, REFUSED.detail)
    assert sending.contact_days(published_world) == {}
    assert sending.enrollment(published_world).next_step == "promise"


@pytest.mark.parametrize(("outcome", "reason"), CERTAINLY_NOT_SENT)
def test_what_certainly_was_not_sent_comes_back_whole(
    published_world: db.Database, in_flight: list[Handed], outcome: Outcome, reason: Reason
) -> None:
    sending.settled(published_world, in_flight, outcome)
    found, walk = sending.message(published_world), sending.enrollment(published_world)
    assert (found.state, found.reason, found.contact_day) == (MessageState.queued, reason, None)
    assert (walk.next_step, walk.next_due_at, walk.planned_at) == ("hello", None, world.START)
    assert sending.contact_days(published_world) == {}


def test_a_put_back_last_step_reopens_the_enrollment(published_world: db.Database, settings: config.Settings) -> None:
    sending.buy(published_world)
    sending.change(published_world, Enrollment, next_step="year")
    handed = sending.gated(published_world, settings)
    assert sending.enrollment(published_world).state is EnrollmentState.completed
    sending.settled(published_world, handed, Outcome(Result.stale))
    walk = sending.enrollment(published_world)
    assert (walk.state, walk.next_step, walk.ended_at) == (EnrollmentState.active, "year", None)


def test_a_put_back_step_does_not_reopen_an_enrollment_that_was_stopped(
    published_world: db.Database, settings: config.Settings, in_flight: list[Handed]
) -> None:
    stopped = {"state": EnrollmentState.exited, "reason": Reason.refunded}
    sending.change(published_world, Enrollment, **stopped)
    sending.settled(published_world, in_flight, Outcome(Result.stale))
    assert sending.enrollment(published_world).state is EnrollmentState.exited
    assert sending.gated(published_world, settings) == []
    assert sending.message(published_world).state is MessageState.cancelled


def test_a_second_attempt_is_counted(
    published_world: db.Database, settings: config.Settings, in_flight: list[Handed]
) -> None:
    sending.settled(published_world, in_flight, Outcome(Result.stale))
    (again,) = sending.gated(published_world, settings)
    assert (again.message_id, again.attempt) == (in_flight[0].message_id, 2)
    assert sending.contact_days(published_world) == {"2026-09-01": 1}


def test_what_is_settled_stays_settled(published_world: db.Database, in_flight: list[Handed]) -> None:
    sending.settled(published_world, in_flight)
    for late in (DOUBT, REFUSED, *(outcome for outcome, _ in CERTAINLY_NOT_SENT)):
        sending.settled(published_world, in_flight, late)
        found = sending.message(published_world)
        assert (found.state, found.provider_id, found.reason) == (MessageState.accepted, "p1", None)
    assert sending.contact_days(published_world) == {"2026-09-01": 1}
    assert sending.enrollment(published_world).next_step == "promise"
    assert sending.the_system(published_world).state is SystemState.running


def test_an_answer_to_an_earlier_attempt_settles_nothing(
    published_world: db.Database, settings: config.Settings, in_flight: list[Handed]
) -> None:
    sending.settled(published_world, in_flight, Outcome(Result.stale))
    sending.gated(published_world, settings)
    for outcome in (sending.ACCEPTED, REFUSED, DOUBT):
        sending.settled(published_world, in_flight, outcome)
    assert (sending.message(published_world).state, sending.message(published_world).attempt) == (
        MessageState.handed,
        2,
    )


def test_settling_twice_counts_once(published_world: db.Database, in_flight: list[Handed]) -> None:
    for _ in range(3):
        sending.settled(published_world, in_flight, REFUSED)
    assert sending.campaign(published_world).refusal_streak == 1


def test_a_result_in_doubt_that_is_written_twice_counts_once_for_the_breaker(
    published_world: db.Database, in_flight: list[Handed]
) -> None:
    for _ in range(6):
        sending.settled(published_world, in_flight, DOUBT)
    assert (sending.breaker(published_world).streak, sending.breaker(published_world).state) == (
        1,
        BreakerState.closed,
    )


def test_twenty_equal_refusals_in_a_row_pause_the_campaign_with_the_words_of_the_provider(
    published_world: db.Database, settings: config.Settings
) -> None:
    fleet(published_world, 20)
    handed = sending.gated(published_world, settings)
    sending.settled(published_world, handed[:19], REFUSED)
    assert sending.campaign(published_world).state is CampaignState.active
    sending.settled(published_world, handed[19:], REFUSED)
    ride = sending.campaign(published_world)
    assert (ride.state, REFUSED.detail in ride.state_reason) == (CampaignState.paused, True)
    assert sending.campaign(published_world, "care").state is CampaignState.active


@pytest.mark.parametrize("between", [sending.ACCEPTED, replace(REFUSED, detail="400: another thing")])
def test_a_success_or_another_refusal_between_begins_a_new_row(
    published_world: db.Database, settings: config.Settings, between: Outcome
) -> None:
    fleet(published_world, 39)
    handed = sending.gated(published_world, settings)
    sending.settled(published_world, handed[:19], REFUSED)
    sending.settled(published_world, handed[19:20], between)
    sending.settled(published_world, handed[20:], REFUSED)
    assert sending.campaign(published_world).state is CampaignState.active


def test_a_campaign_that_refusals_paused_can_be_resumed(
    published_world: db.Database, settings: config.Settings
) -> None:
    fleet(published_world, 20)
    sending.sent(published_world, settings, REFUSED)
    with published_world.write() as session:
        pause.resume_campaign(session, "ride", catch_up.Missed.skip, by="rita")
    ride = sending.campaign(published_world)
    assert (ride.state, ride.refusal_streak) == (CampaignState.active, 0)


def test_a_refused_key_pauses_everything_and_says_why(published_world: db.Database, in_flight: list[Handed]) -> None:
    sending.settled(published_world, in_flight, Outcome(Result.locked_out, detail="401: bad grant"))
    system = sending.the_system(published_world)
    assert (system.state, "401: bad grant" in system.reason) == (SystemState.paused, True)


def test_busy_makes_the_whole_fleet_wait_and_the_message_too(
    published_world: db.Database, settings: config.Settings
) -> None:
    fleet(published_world, 2)
    first = sending.drafted(published_world, settings, limit=1)
    second = sending.drafted(published_world, settings, limit=1)
    handed = sending.gated(published_world, settings, first)
    sending.settled(published_world, handed, BUSY)
    wait = (sending.breaker(published_world).busy_until or world.START) - sending.real_now(published_world)
    assert timedelta(seconds=20) < wait <= timedelta(seconds=40)
    assert sending.claim(published_world) is None
    assert sending.gated(published_world, settings, second) == []
    reasons = {row.reason for row in sending.messages(published_world)}
    assert reasons == {Reason.provider_busy}


def test_the_last_mail_of_a_window_makes_the_fleet_wait_before_it_is_refused(
    published_world: db.Database, settings: config.Settings
) -> None:
    fleet(published_world, 2)
    first = sending.gated(published_world, settings, sending.drafted(published_world, settings, limit=1))
    sending.settled(published_world, first, replace(sending.ACCEPTED, wait_seconds=40.0))
    assert sending.claim(published_world) is None
    assert sending.breaker(published_world).state is BreakerState.closed


def test_an_unreachable_provider_opens_the_breaker(published_world: db.Database, in_flight: list[Handed]) -> None:
    sending.settled(published_world, in_flight, Outcome(Result.unreachable))
    assert sending.breaker(published_world).state is BreakerState.open
    assert sending.claim(published_world) is None


def test_a_batch_of_mixed_answers_gives_each_message_its_own(
    published_world: db.Database, settings: config.Settings
) -> None:
    fleet(published_world, 3)
    handed = sending.gated(published_world, settings)
    for each, outcome in zip(handed, (sending.ACCEPTED, DOUBT, REFUSED), strict=True):
        sending.settled(published_world, [each], outcome)
    states = {row.id: row.state for row in sending.messages(published_world)}
    assert [states[each.message_id] for each in handed] == [
        MessageState.accepted,
        MessageState.ambiguous,
        MessageState.failed,
    ]


def test_settling_what_is_unknown_changes_nothing(published_world: db.Database) -> None:
    with published_world.write() as session:
        settle.settle(session, [settle.Settlement("nobody", 1, REFUSED)])
    assert sending.messages(published_world) == []
