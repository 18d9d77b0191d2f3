"""A promise is kept or broken when somebody says so, and the next letter knows."""

from datetime import date

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.handoffs import hand_off
from drip.engine.people import promises
from drip.models.audit import AuditEntry
from drip.models.handoff import Priority
from drip.models.message import MessageKind
from drip.models.purchase import Promise, PromiseState
from drip.models.reply import ReplyKind
from tests import world
from tests.world import sending, talking


def mark(database: db.Database, state: PromiseState, promise_id: int = 1, who: int | None = None) -> bool:
    with database.write() as session:
        return promises.mark(session, who or sending.customer_id(database), promise_id, state, "rita")


def buy(database: db.Database) -> None:
    sending.buy(database, world.Bought(promises=("a bell",)))


def test_who_said_so_and_when_is_written_down_once(published_world: db.Database) -> None:
    buy(published_world)
    assert mark(published_world, PromiseState.kept)
    assert mark(published_world, PromiseState.kept)
    with published_world.read() as session:
        assert session.scalars(select(Promise.state)).one() is PromiseState.kept
        acts = session.execute(select(AuditEntry.act, AuditEntry.actor, AuditEntry.detail)).all()
    assert [each for each in acts if each.act.startswith("promise")] == [("promise kept", "rita", "a bell")]


def test_a_check_in_about_open_promises_is_left_out_once_they_are_kept(
    published_world: db.Database, settings: config.Settings
) -> None:
    buy(published_world)
    sending.sent(published_world, settings)
    world.set_clock(published_world, sending.day(7, 10))
    drafts = sending.drafted(published_world, settings)
    mark(published_world, PromiseState.kept)
    assert sending.gated(published_world, settings, drafts) == []
    assert sending.sent(published_world, settings) == []
    assert "condition_false" in {row.reason for row in sending.messages(published_world)}


def test_somebody_elses_promise_is_not_theirs_to_mark(published_world: db.Database) -> None:
    buy(published_world)
    sending.buy(published_world, world.Bought(email="ben@buyers.example"))
    ben = sending.customer_id(published_world, "ben@buyers.example")
    assert not mark(published_world, PromiseState.kept, who=ben)
    assert not mark(published_world, PromiseState.kept, promise_id=99)


def told_of(database: db.Database, kind: ReplyKind) -> str:
    """The text of the notice of Ana's thanks."""
    said = talking.Said("The bell is on, all perfect.", kind)
    with database.write() as session:
        reply = talking.replied(session, sending.customer_id(database), said)
        if kind is ReplyKind.courtesy:
            hand_off.tell(session, reply, "A friendly answer.")
        else:
            hand_off.open_for(session, reply.customer_id, Priority.low, "Something is wrong.", reply=reply)
    (row,) = talking.sent(database, MessageKind.notice)
    return str((row.letter or {})["text"])


@pytest.mark.parametrize("kind", [ReplyKind.courtesy, ReplyKind.problem])
def test_a_notice_asks_whether_an_open_promise_was_kept(published_world: db.Database, kind: ReplyKind) -> None:
    buy(published_world)
    sending.change(published_world, Promise, due_on=date(2026, 9, 4))
    text = told_of(published_world, kind)
    assert "A promise is still open: a bell, by Fri 4 Sep 2026. Was it kept? Say so: {public_url}/" in text
    assert "/customers/1#promise-1" in text


def test_a_notice_says_nothing_of_a_promise_that_was_kept(published_world: db.Database) -> None:
    buy(published_world)
    mark(published_world, PromiseState.kept)
    assert "promise" not in told_of(published_world, ReplyKind.courtesy)
