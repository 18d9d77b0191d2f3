"""The conversation always carries the check-in that comes next, whatever has become of the one before."""

import pytest
from sqlalchemy import select

from drip import db
from drip.engine.handoffs import answer, brief, upcoming
from drip.engine.telling import life
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import MessageKind, MessageState
from drip.models.reasons import Reason
from tests import world
from tests.world import sending, talking

DESK = brief.Desk("https://drip.tests.example", b"a secret of the tests")


@pytest.fixture
def handoff_id(published_world: db.Database) -> int:
    """Ana's `hello` is due, a promise to her is open, and she has written."""
    sending.buy(published_world, world.Bought(promises=("a bell",)))
    return talking.wrote(published_world, sending.customer_id(published_world))


def draft(database: db.Database, handoff_id: int) -> brief.Draft | None:
    with database.read() as session:
        found = brief.of(session, handoff_id, DESK)
        return found.draft if found else None


def carried(database: db.Database, handoff_id: int) -> str | None:
    found = draft(database, handoff_id)
    return found.step if found else None


def key(database: db.Database, handoff_id: int) -> str:
    found = draft(database, handoff_id)
    return found.key if found else ""


def left_out(database: db.Database, handoff_id: int, step_key: str) -> None:
    with database.write() as session:
        answer.skip_step(session, handoff_id, step_key, talking.RITA)


def test_after_one_was_used_the_next_one_stands_there(published_world: db.Database, handoff_id: int) -> None:
    assert carried(published_world, handoff_id) == "hello"
    talking.answered(published_world, handoff_id, for_step=True)
    assert carried(published_world, handoff_id) == "promise"
    talking.answered(published_world, handoff_id, for_step=True, draft_id="d2")
    assert carried(published_world, handoff_id) == "year"
    talking.answered(published_world, handoff_id, for_step=True, draft_id="d3")
    assert carried(published_world, handoff_id) is None
    assert [row.step for row in talking.sent(published_world, MessageKind.answer)] == ["hello", "promise", "year"]


def test_the_step_that_a_rep_wrote_is_told_by_the_reps_mail(published_world: db.Database, handoff_id: int) -> None:
    talking.answered(published_world, handoff_id, for_step=True)
    (mail,) = talking.sent(published_world, MessageKind.answer)
    with published_world.read() as session:
        (hello,) = life.of(session, session.scalars(select(Customer)).one(), b"key").steps("hello")
    assert (hello.message_id, hello.state) == (mail.id, mail.state)
    assert "gone by" not in hello.sentence


def test_after_one_was_left_out_the_next_one_stands_there(published_world: db.Database, handoff_id: int) -> None:
    left_out(published_world, handoff_id, key(published_world, handoff_id))
    (row,) = [each for each in sending.messages(published_world) if each.step == "hello"]
    assert (row.state, row.reason) == (MessageState.skipped, Reason.replaced_by_rep)
    assert carried(published_world, handoff_id) == "promise"


def test_the_same_one_is_not_left_out_twice_and_no_other_in_its_stead(
    published_world: db.Database, handoff_id: int
) -> None:
    hello = key(published_world, handoff_id)
    left_out(published_world, handoff_id, hello)
    with pytest.raises(answer.ChangedError):
        left_out(published_world, handoff_id, hello)
    assert sending.enrollment(published_world).next_step == "promise"


def test_a_draft_that_is_no_longer_the_next_one_replaces_no_other(
    published_world: db.Database, handoff_id: int
) -> None:
    hello = key(published_world, handoff_id)
    sending.change(published_world, Enrollment, next_step="promise")
    with pytest.raises(answer.ChangedError):
        talking.answered(published_world, handoff_id, for_step=True, step_key=hello)
    assert talking.sent(published_world, MessageKind.answer) == []


def test_a_purchase_that_comes_later_brings_its_check_in(published_world: db.Database, handoff_id: int) -> None:
    sending.change(published_world, Enrollment, state=EnrollmentState.exited, next_due_at=None)
    assert carried(published_world, handoff_id) is None
    sending.buy(published_world, world.Bought(campaign="care"))
    assert carried(published_world, handoff_id) == "fit"
    talking.answered(published_world, handoff_id, for_step=True)
    assert carried(published_world, handoff_id) == "checkup"


def test_the_campaign_that_they_answered_comes_before_one_that_is_due_sooner(
    published_world: db.Database, handoff_id: int
) -> None:
    sending.change(published_world, Enrollment, next_step="year", planned_at=sending.day(30))
    sending.buy(published_world, world.Bought(campaign="care"))
    assert carried(published_world, handoff_id) == "year"


def test_a_campaign_that_has_ended_for_them_carries_nothing(published_world: db.Database, handoff_id: int) -> None:
    sending.change(published_world, Enrollment, state=EnrollmentState.completed, next_step=None, next_due_at=None)
    with published_world.read() as session:
        assert upcoming.of(session, talking.handoff(published_world, handoff_id)) is None
    with pytest.raises(answer.ChangedError):
        talking.answered(published_world, handoff_id, for_step=True)
