"""A rep's own words: in the same thread, never twice, never over something unread, and perhaps for a check-in."""

import threading

import pytest

from drip import db, tokens
from drip.engine.handoffs import answer, hand_off
from drip.models import enrollment, outbox, system
from drip.models.handoff import Handoff, HandoffState
from drip.models.message import MessageKind, MessageState
from tests import world
from tests.world import sending, talking


@pytest.fixture
def handoff_id(published_world: db.Database) -> int:
    """Ana's `hello` is due, and she has written."""
    sending.buy(published_world)
    return talking.wrote(published_world, sending.customer_id(published_world))


def answers(database: db.Database) -> list[str]:
    return [str((row.letter or {})["text"]) for row in talking.sent(database, MessageKind.answer)]


def test_an_answer_goes_into_the_customers_thread(published_world: db.Database, handoff_id: int) -> None:
    talking.answered(published_world, handoff_id)
    (row,) = talking.sent(published_world, MessageKind.answer)
    assert row.letter is not None
    assert row.letter["subject"] == "Re: How is your Quay 3?"
    assert row.letter["in_reply_to"].startswith("<")
    assert row.letter["in_reply_to"].endswith("@buyers.example>")
    assert row.letter["references"] == ["<first@quay.example>"]


def test_an_answer_makes_the_conversation_pending_and_the_answerers_own(
    published_world: db.Database, handoff_id: int
) -> None:
    talking.answered(published_world, handoff_id, talking.OTTO)
    row = talking.handoff(published_world, handoff_id)
    assert (row.state, row.claimed_by) == (HandoffState.pending, talking.OTTO)
    (sent,) = talking.sent(published_world, MessageKind.answer)
    assert sent.rep_id == talking.rep(published_world, talking.OTTO).id


@pytest.mark.parametrize("for_step", [False, True])
def test_the_same_form_sent_twice_is_one_mail(published_world: db.Database, handoff_id: int, for_step: bool) -> None:
    first = talking.answered(published_world, handoff_id, for_step=for_step, version=1)
    assert talking.answered(published_world, handoff_id, for_step=for_step, version=1) == first
    assert len(answers(published_world)) == 1


def test_the_same_form_sent_twice_at_once_is_one_mail(published_world: db.Database, handoff_id: int) -> None:
    both = [threading.Thread(target=talking.answered, args=(published_world, handoff_id), kwargs={"version": 1})
            for _ in range(2)]  # fmt: skip
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(answers(published_world)) == 1


def test_an_answer_to_a_thread_that_has_changed_is_stopped(published_world: db.Database, handoff_id: int) -> None:
    talking.wrote(published_world, sending.customer_id(published_world), talking.Said("It fell off now."))
    with pytest.raises(answer.ChangedError):
        talking.answered(published_world, handoff_id, version=1)
    assert answers(published_world) == []


def test_two_answers_to_the_same_words_are_not_both_sent(published_world: db.Database, handoff_id: int) -> None:
    talking.answered(published_world, handoff_id, version=1)
    with pytest.raises(answer.ChangedError):
        talking.answered(published_world, handoff_id, version=1, draft_id="d2")


def test_somebody_elses_conversation_is_not_answered(published_world: db.Database, handoff_id: int) -> None:
    with published_world.write() as session:
        hand_off.claim(session, handoff_id, talking.OTTO)
    with pytest.raises(hand_off.TakenError):
        talking.answered(published_world, handoff_id, talking.RITA)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (answer.LONGEST + 1)])
def test_an_answer_needs_words_and_an_end(published_world: db.Database, handoff_id: int, text: str) -> None:
    with pytest.raises(answer.EmptyAnswerError):
        talking.answered(published_world, handoff_id, text=text)


def test_a_mail_that_stands_for_a_check_in_takes_its_place(published_world: db.Database, handoff_id: int) -> None:
    talking.answered(published_world, handoff_id, for_step=True)
    (row,) = talking.sent(published_world, MessageKind.answer)
    assert (row.step, row.dedupe_key) == ("hello", f"check_in:{row.enrollment_id}:hello")
    assert sending.enrollment(published_world).next_step == "promise"


def test_a_check_in_that_waited_becomes_the_reps_mail(published_world: db.Database) -> None:
    sending.buy(published_world)
    sending.claim(published_world)
    handoff_id = talking.wrote(published_world, sending.customer_id(published_world))
    talking.answered(published_world, handoff_id, for_step=True)
    (row,) = [each for each in sending.messages(published_world) if each.step == "hello"]
    assert (row.kind, row.state, row.lease_token) == (MessageKind.answer, MessageState.queued, None)


def test_a_check_in_that_is_claimed_while_the_rep_answers_becomes_the_reps_mail(
    published_world: db.Database, handoff_id: int
) -> None:
    walk = sending.enrollment(published_world)
    saying = threading.Thread(target=talking.answered, args=(published_world, handoff_id), kwargs={"for_step": True})
    with published_world.write() as session:  # a claim that had looked before the reply came
        at = system.now(session).real_at
        assert outbox.claim_steps(session, {walk.id: tokens.new_id()}, world.START, "lease", at) == {walk.id}
        enrollment.take(session, [walk.id])
        saying.start()
        saying.join(0.5)
    saying.join()
    (row,) = [each for each in sending.messages(published_world) if each.step == "hello"]
    assert (row.kind, row.state, row.lease_token) == (MessageKind.answer, MessageState.queued, None)
    assert sending.enrollment(published_world).next_step == "promise"


def test_from_a_closed_conversation_nothing_is_answered_or_left_out(
    published_world: db.Database, handoff_id: int
) -> None:
    sending.change(published_world, Handoff, state=HandoffState.closed)
    with pytest.raises(answer.ChangedError):
        talking.answered(published_world, handoff_id)
    with published_world.write() as session, pytest.raises(answer.ChangedError):
        answer.skip_step(session, handoff_id, "", talking.RITA)
