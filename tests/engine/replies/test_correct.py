"""Somebody says what a reply is: the policy of that kind follows, it is written down, and nothing goes out by it."""

from datetime import date

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.handoffs import hand_off
from drip.engine.replies import correct
from drip.engine.replies.classify import Meaning
from drip.models.audit import AuditEntry
from drip.models.correction import Correction
from drip.models.enrollment import EnrollmentState
from drip.models.handoff import HandoffState, Priority
from drip.models.message import Message, MessageKind
from drip.models.reasons import Reason
from drip.models.reply import ReplyKind
from tests.engine.replies import answering
from tests.engine.replies.answering import kind
from tests.world import sending, talking

RITA = talking.RITA


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """The check-in that Ana got."""
    return answering.asked(published_world, settings)


def corrected(database: db.Database, said: ReplyKind, until: date | None = None, reply_id: int = 1) -> bool:
    """Rita says so; whether that was news."""
    with database.write() as session:
        return correct.correct(session, reply_id, correct.Said(said, until), RITA, answering.KEY) is not None


def rows(database: db.Database) -> list[Correction]:
    with database.read() as session:
        return list(session.scalars(select(Correction).order_by(Correction.id)))


def to_customers(database: db.Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(Message.id).where(Message.kind != MessageKind.notice)).all())


def test_it_is_kept_who_said_what(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.courtesy))
    assert corrected(published_world, ReplyKind.question)
    (row,) = rows(published_world)
    assert (row.actor, row.from_kind, row.to_kind) == (RITA, ReplyKind.courtesy, ReplyKind.question)
    (reply,) = answering.replies(published_world)
    assert reply.kind is ReplyKind.question
    assert reply.evidence[-1] == f"{RITA} read it as question, we had said courtesy."
    with published_world.read() as session:
        assert session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "correct")).one()


def test_said_twice_it_is_once(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.courtesy))
    assert corrected(published_world, ReplyKind.question)
    assert not corrected(published_world, ReplyKind.question)
    assert len(rows(published_world)) == 1


def test_a_courtesy_that_was_a_problem_opens_a_conversation(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.courtesy))
    corrected(published_world, ReplyKind.problem)
    (handoff,) = talking.handoffs(published_world)
    assert (handoff.priority, handoff.why) == (Priority.high, "Something is wrong.")
    assert answering.holds(published_world) == {Reason.handoff_open: None}


def test_a_question_that_was_a_courtesy_closes_it_and_the_year_goes_on(
    published_world: db.Database, hello: Message
) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.question))
    corrected(published_world, ReplyKind.courtesy)
    (handoff,) = talking.handoffs(published_world)
    assert (handoff.state, handoff.closed_by) == (HandoffState.closed, RITA)
    assert list(answering.holds(published_world)) == [Reason.cool_off]
    assert sending.enrollment(published_world).state is EnrollmentState.active


def test_a_conversation_with_another_question_stays_open(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.question))
    answering.meant(published_world, hello, kind(ReplyKind.problem))
    corrected(published_world, ReplyKind.courtesy, reply_id=2)
    (handoff,) = talking.handoffs(published_world)
    assert handoff.state is HandoffState.open
    assert Reason.handoff_open in answering.holds(published_world)


def test_a_conversation_that_somebody_else_has_taken_stays_theirs(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.question))
    with published_world.write() as session:
        hand_off.claim(session, 1, talking.OTTO)
    corrected(published_world, ReplyKind.praise)
    (handoff,) = talking.handoffs(published_world)
    assert (handoff.state, handoff.why) == (HandoffState.open, "Kind words.")


def test_in_its_conversation_a_graver_kind_raises_the_priority(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.question))
    told = answering.notices(published_world)
    corrected(published_world, ReplyKind.leaving)
    (handoff,) = talking.handoffs(published_world)
    assert (handoff.priority, handoff.why) == (Priority.high, "Thinks of leaving.")
    assert answering.notices(published_world) == told


def test_corrected_to_opt_out_it_stops_at_once(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.courtesy))
    corrected(published_world, ReplyKind.opt_out)
    assert answering.suppressions(published_world) == {Reason.unsubscribed: (True, False)}
    assert sending.enrollment(published_world).state is EnrollmentState.exited


def test_an_opt_out_that_was_none_is_lifted_by_people_only(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.opt_out))
    corrected(published_world, ReplyKind.question)
    assert Reason.unsubscribed in answering.suppressions(published_world)
    assert len(talking.handoffs(published_world)) == 1


def test_corrected_to_not_now_it_waits_for_the_day(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.question))
    corrected(published_world, ReplyKind.not_now, date(2026, 10, 1))
    assert talking.handoffs(published_world)[0].state is HandoffState.closed
    until = answering.holds(published_world)[Reason.not_now]
    assert until is not None
    assert until.date() == date(2026, 10, 1)


def test_the_wait_that_it_brought_ends_when_it_was_none(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, Meaning(ReplyKind.not_now, "later", until=date(2027, 1, 1)))
    corrected(published_world, ReplyKind.courtesy)
    assert list(answering.holds(published_world)) == [Reason.cool_off]


def test_another_day_is_a_correction_too(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, Meaning(ReplyKind.not_now, "later", until=date(2026, 10, 1)))
    assert corrected(published_world, ReplyKind.not_now, date(2026, 11, 1))
    until = answering.holds(published_world)[Reason.not_now]
    assert until is not None
    assert until.date() == date(2026, 11, 1)


@pytest.mark.parametrize("was", [each for each in ReplyKind if each not in (ReplyKind.bounce, ReplyKind.complaint)])
def test_no_correction_writes_to_the_customer(published_world: db.Database, hello: Message, was: ReplyKind) -> None:
    answering.meant(published_world, hello, kind(was))
    before = to_customers(published_world)
    for said in correct.CHOICES:
        corrected(published_world, said)
    assert to_customers(published_world) == before


@pytest.mark.parametrize("said", [ReplyKind.bounce, ReplyKind.complaint, ReplyKind.own_copy])
def test_what_only_a_provider_knows_nobody_can_say(
    published_world: db.Database, hello: Message, said: ReplyKind
) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.courtesy))
    with pytest.raises(correct.CorrectionError, match="Only the provider"):
        corrected(published_world, said)


def test_a_reply_that_is_not_there_cannot_be_corrected(published_world: db.Database) -> None:
    with pytest.raises(correct.CorrectionError, match="no such reply"):
        corrected(published_world, ReplyKind.problem, reply_id=77)
