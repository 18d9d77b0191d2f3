"""What the rep decides is what the customer lives through, and it was said before it was chosen."""

from datetime import date, timedelta

import pytest
from sqlalchemy import or_, select

from drip import config, db
from drip.engine.handoffs import answer, hold, resolve
from drip.models import system
from drip.models.customer import Hold
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import HandoffState, Resolution
from drip.models.inbound import InboundState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending, talking


@pytest.fixture
def handoff_id(published_world: db.Database) -> int:
    sending.buy(published_world)
    return talking.wrote(published_world, sending.customer_id(published_world))


def resolved(database: db.Database, handoff_id: int, how: Resolution, on: date | None = None) -> None:
    with database.write() as session:
        resolve.resolve(session, handoff_id, how, on, talking.RITA)


def held(database: db.Database) -> Hold | None:
    who = sending.customer_id(database)
    with database.read() as session:
        return hold.in_force(session, {who}, sending.day(1, 10)).get(who)


def reasons(database: db.Database) -> set[Reason]:
    """Of the holds that nobody has released and that still last."""
    with database.read() as session:
        lasting = or_(Hold.until.is_(None), Hold.until > system.business_now(session))
        return set(session.scalars(select(Hold.reason).where(Hold.released_at.is_(None), lasting)))


def effects(database: db.Database, handoff_id: int) -> dict[Resolution, str]:
    with database.read() as session:
        return resolve.effects(session, talking.handoff(database, handoff_id))


def test_resume_waits_for_the_cool_off_and_then_goes_on(
    published_world: db.Database, settings: config.Settings, handoff_id: int
) -> None:
    resolved(published_world, handoff_id, Resolution.resume)
    rest = held(published_world)
    assert rest is not None
    assert rest.reason is Reason.cool_off
    world.set_clock(published_world, sending.day(4, 8))
    assert sending.gated(published_world, settings) == []
    world.set_clock(published_world, sending.day(4, 10))
    assert len(sending.gated(published_world, settings)) == 1


def test_resume_says_before_what_comes_when(published_world: db.Database, handoff_id: int) -> None:
    said = effects(published_world, handoff_id)
    assert set(said) == set(Resolution)
    assert "Quiet until Fri 4 Sep 2026" in said[Resolution.resume]
    assert "“hello” of The first year of riding" in said[Resolution.resume]


def test_resume_does_not_name_a_check_in_whose_condition_does_not_hold(
    published_world: db.Database, handoff_id: int
) -> None:
    sending.change(published_world, Enrollment, next_step="promise", planned_at=sending.day(7))
    assert (
        "“year” of The first year of riding on Tue 31 Aug 2027"
        in effects(published_world, handoff_id)[Resolution.resume]
    )
    sending.change(published_world, Enrollment, next_step="year", state=EnrollmentState.completed)
    assert effects(published_world, handoff_id)[Resolution.resume].endswith("nothing more: no check-in is left.")


def test_resume_on_a_day_is_quiet_until_then(
    published_world: db.Database, settings: config.Settings, handoff_id: int
) -> None:
    resolved(published_world, handoff_id, Resolution.resume_on, date(2026, 9, 8))
    world.set_clock(published_world, sending.day(7, 12))
    assert sending.gated(published_world, settings) == []
    world.set_clock(published_world, sending.day(8, 9))
    assert len(sending.gated(published_world, settings)) == 1


def test_a_day_too_near_does_not_shorten_the_cool_off(published_world: db.Database, handoff_id: int) -> None:
    resolved(published_world, handoff_id, Resolution.resume_on, date(2026, 9, 2))
    rest = held(published_world)
    assert rest is not None
    assert rest.until is not None
    assert rest.until >= world.START + timedelta(days=3)


@pytest.mark.parametrize("on", [None, date(2026, 8, 1), date(2036, 9, 1), date(9999, 12, 31)])
def test_resume_on_needs_a_day_that_is_near(published_world: db.Database, handoff_id: int, on: date | None) -> None:
    with pytest.raises(resolve.UnansweredDateError):
        resolved(published_world, handoff_id, Resolution.resume_on, on)
    assert talking.handoff(published_world, handoff_id).state is HandoffState.open


@pytest.mark.parametrize(
    ("how", "reason"), [(Resolution.take_over, Reason.replaced_by_rep), (Resolution.stop, Reason.manual)]
)
def test_taking_over_and_stopping_end_every_campaign(
    published_world: db.Database, handoff_id: int, how: Resolution, reason: Reason
) -> None:
    resolved(published_world, handoff_id, how)
    row = sending.enrollment(published_world)
    assert (row.state, row.reason) == (EnrollmentState.exited, reason)
    assert held(published_world) is None


def test_the_first_decision_counts(published_world: db.Database, handoff_id: int) -> None:
    resolved(published_world, handoff_id, Resolution.resume)
    resolved(published_world, handoff_id, Resolution.stop)
    row = talking.handoff(published_world, handoff_id)
    assert (row.resolution, row.closed_by) == (Resolution.resume, talking.RITA)
    assert sending.enrollment(published_world).state is EnrollmentState.active


@pytest.mark.parametrize("how", [Resolution.resume, Resolution.take_over])
def test_a_decision_lets_no_machine_talk_over_an_answer_that_nobody_has_read(
    published_world: db.Database, settings: config.Settings, handoff_id: int, how: Resolution
) -> None:
    who = sending.customer_id(published_world)
    with published_world.write() as session:
        unread = talking.stored(session, state=InboundState.stored)
        unread.customer_id = who
        hold.hold(session, who, hold.Cause(Reason.replied, f"mail {unread.id}"))
    resolved(published_world, handoff_id, how)
    world.set_clock(published_world, sending.day(8))
    assert reasons(published_world) == {Reason.replied}
    assert sending.gated(published_world, settings) == []


def test_holds_of_answers_that_were_read_end_with_the_decision(published_world: db.Database, handoff_id: int) -> None:
    who = sending.customer_id(published_world)
    with published_world.write() as session:
        hold.hold(session, who, hold.Cause(Reason.replied, "mail 1"))
    resolved(published_world, handoff_id, Resolution.resume)
    assert reasons(published_world) == {Reason.cool_off}


def test_a_decision_over_words_that_came_since_is_refused(published_world: db.Database, handoff_id: int) -> None:
    seen = talking.handoff(published_world, handoff_id).version
    talking.wrote(published_world, sending.customer_id(published_world), talking.Said("It fell off now."))
    with published_world.write() as session, pytest.raises(answer.ChangedError):
        answer.check_seen(session, handoff_id, seen)
    with published_world.write() as session:
        answer.check_seen(session, handoff_id, seen + 1)
