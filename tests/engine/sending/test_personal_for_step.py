"""A rep's words that stand for a check-in leave as they were written, whatever becomes of the plan."""

import pytest

from drip import config, db
from drip.engine.handoffs import resolve
from drip.engine.sending import draft, due, personal, settle
from drip.models.handoff import Resolution
from drip.models.message import Message, MessageKind, MessageState
from drip.providers.sendgrid.send import Outcome, Result
from tests.world import sending, talking

WORDS = "I will oil it tomorrow."


@pytest.fixture
def handoff_id(published_world: db.Database) -> int:
    """Ana's `hello` is due, she has written, and Rita's answer stands for it."""
    sending.buy(published_world)
    found = talking.wrote(published_world, sending.customer_id(published_world))
    talking.answered(published_world, found, text=WORDS, for_step=True)
    return found


def handed(database: db.Database, settings: config.Settings) -> list[str]:
    """The texts that pass the gate, as check-ins or as letters."""
    desk = draft.Desk(settings, settings.secret_key())
    with database.write() as session:
        lease = due.claim(session, 100, 30, [MessageKind.answer])
    assert lease is not None
    with database.write() as session:
        assert draft.drafts(session, desk, lease.token) == []
        letters = personal.drafts(session, desk, lease.token)
        passed = {each.message_id for each in personal.gate(session, settings, letters)}
    return [each.letter.mail.text for each in letters if each.message_id in passed]


def answer(database: db.Database) -> Message:
    (row,) = talking.sent(database, MessageKind.answer)
    return row


@pytest.mark.parametrize("how", [None, Resolution.take_over, Resolution.stop])
def test_the_reps_own_words_leave_and_not_the_campaigns(
    published_world: db.Database, settings: config.Settings, handoff_id: int, how: Resolution | None
) -> None:
    if how:
        with published_world.write() as session:
            resolve.resolve(session, handoff_id, how, None, talking.RITA)
    (text,) = handed(published_world, settings)
    assert text.startswith(WORDS)


@pytest.mark.parametrize("how", [None, Resolution.take_over])
def test_words_that_did_not_get_through_are_tried_again_and_move_no_plan(
    published_world: db.Database, settings: config.Settings, handoff_id: int, how: Resolution | None
) -> None:
    handed(published_world, settings)
    with published_world.write() as session:
        if how:
            resolve.resolve(session, handoff_id, how, None, talking.RITA)
        outcome = Outcome(Result.unreachable, detail="ClientConnectorError")
        settle.settle(session, [settle.Settlement(answer(published_world).id, 1, outcome)])
    assert answer(published_world).state is MessageState.queued
    assert sending.enrollment(published_world).next_step == "promise"
