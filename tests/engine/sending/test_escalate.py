"""A step that belongs to the rep comes to a person with its draft when it is due; no machine sends it before."""

import pytest

from drip import config, db
from drip.engine.handoffs import answer, brief, resolve
from drip.models.campaign import CampaignVersion
from drip.models.customer import Customer
from drip.models.handoff import Handoff, Resolution
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import Purchase, PurchaseStatus
from tests import world
from tests.world import sending


@pytest.fixture
def due(published_world: db.Database) -> db.Database:
    """Ana's bicycle; its first check-in is the rep's and has just fallen due."""
    with published_world.write() as session:
        for row in session.query(CampaignVersion):
            steps = [step | {"owner": "rep"} if step["id"] == "hello" else step for step in row.definition["steps"]]
            row.definition, row.digest = row.definition | {"steps": steps}, f"reps-{row.id}"
    sending.buy(published_world)
    return published_world


def handoff(database: db.Database) -> Handoff:
    with database.read() as session:
        return session.query(Handoff).one()


def handoffs(database: db.Database) -> int:
    with database.read() as session:
        return session.query(Handoff).count()


def check_in(database: db.Database) -> Message:
    return next(row for row in sending.messages(database) if row.kind is MessageKind.check_in)


def resolved(database: db.Database, how: Resolution = Resolution.resume) -> None:
    with database.write() as session:
        resolve.resolve(session, handoff(database).id, how, None, "rita@quay.example")


def test_it_opens_a_conversation_instead_of_sending(due: db.Database, settings: config.Settings) -> None:
    assert sending.gated(due, settings) == []
    opened = handoff(due)
    assert (opened.step, "hello" in opened.why) == ("hello", True)
    assert check_in(due).state is MessageState.queued
    with due.read() as session:
        told = session.query(Message).filter_by(kind=MessageKind.notice).one()
    assert told.handoff_id == opened.id


def test_its_draft_stands_on_the_page(due: db.Database, settings: config.Settings) -> None:
    sending.gated(due, settings)
    with due.read() as session:
        seen = brief.of(session, handoff(due).id, brief.Desk(settings.public_url, settings.secret_key()))
    assert seen is not None
    assert seen.draft is not None
    assert "Ana" in seen.draft.text


def test_nothing_leaves_while_the_rep_has_it(due: db.Database, settings: config.Settings) -> None:
    sending.gated(due, settings)
    world.set_clock(due, sending.day(3))
    assert sending.gated(due, settings) == []
    assert handoffs(due) == 1


def test_the_reps_words_take_its_place(due: db.Database, settings: config.Settings) -> None:
    sending.gated(due, settings)
    words = answer.Words("Hello Ana, how is it?", "form", handoff(due).version, for_step=True)
    with due.write() as session:
        answer.answer(session, handoff(due).id, words, "rita@quay.example")
    (mail,) = [row for row in sending.messages(due) if row.step == "hello"]
    assert (mail.kind, mail.dedupe_key) == (MessageKind.answer, f"check_in:{sending.enrollment(due).id}:hello")
    assert sending.enrollment(due).next_step == "promise"


def test_left_to_the_machine_it_leaves_after_the_cool_off(due: db.Database, settings: config.Settings) -> None:
    sending.gated(due, settings)
    resolved(due)
    assert sending.gated(due, settings) == []
    world.set_clock(due, sending.day(7))
    assert len(sending.sent(due, settings)) == 1
    assert (check_in(due).state, handoffs(due)) == (MessageState.accepted, 1)


def test_taken_over_it_never_leaves(due: db.Database, settings: config.Settings) -> None:
    sending.gated(due, settings)
    resolved(due, Resolution.take_over)
    world.set_clock(due, sending.day(10))
    assert sending.gated(due, settings) == []
    assert check_in(due).state is MessageState.cancelled


def test_a_refunded_purchase_troubles_no_rep(due: db.Database, settings: config.Settings) -> None:
    drafts = sending.drafted(due, settings)
    sending.change(due, Purchase, status=PurchaseStatus.refunded)
    sending.change(due, Customer, version=2)
    assert sending.gated(due, settings, drafts) == []
    assert handoffs(due) == 0
