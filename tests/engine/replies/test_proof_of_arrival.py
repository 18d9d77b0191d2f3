"""A reply proves that its mail arrived, and leaves everything as an event of the provider would."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from drip import config, db
from drip.models.audit import AuditEntry
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.reply import ReplyKind
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.engine.replies import answering, telling
from tests.world import sending

NOT_SURE = (MessageState.handed, MessageState.ambiguous, MessageState.presumed_lost, MessageState.failed)
Proof = Callable[[db.Database, Message], None]


def by_event(database: db.Database, hello: Message) -> None:
    telling.tell(database, telling.event("open", hello.id))


def by_reply(database: db.Database, hello: Message) -> None:
    """An automatic answer that is ignored: it does nothing else."""
    answering.meant(database, hello, answering.kind(ReplyKind.auto_reply))


PROOFS = pytest.mark.parametrize("proof", [by_event, by_reply])


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """Ana's first mail has passed the gate, and nobody knows what became of it."""
    sending.buy(published_world)
    sending.gated(published_world, settings)
    return sending.message(published_world)


def end(database: db.Database) -> object:
    """All that could tell the two proofs apart, but who gave them."""
    row, walk = sending.message(database), sending.enrollment(database)
    with database.read() as session:
        alarms = session.scalars(select(AuditEntry.detail).where(AuditEntry.act == "arrived after all")).all()
    return (row.state, row.reason, row.detail, row.lease_token, row.contact_day, row.settled_at is not None,
            walk.state, walk.next_step, walk.next_due_at, sending.contact_days(database), list(alarms))  # fmt: skip


@PROOFS
@pytest.mark.parametrize("state", NOT_SURE)
def test_a_mail_in_doubt_or_given_up_is_accepted(
    published_world: db.Database, hello: Message, proof: Proof, state: MessageState
) -> None:
    sending.change(published_world, Message, state=state, reason=Reason.no_answer, detail="TimeoutError")
    proof(published_world, hello)
    alarms = [f"It was {state}."] if state in NOT_SURE[2:] else []
    walk = sending.enrollment(published_world)
    assert end(published_world) == (MessageState.accepted, None, "", None, hello.contact_day, True,
                                    walk.state, "promise", walk.next_due_at, {"2026-09-01": 1}, alarms)  # fmt: skip


@PROOFS
@pytest.mark.parametrize("claimed", [False, True])
def test_a_mail_that_was_put_back_and_had_left_is_not_sent_again(
    published_world: db.Database, settings: config.Settings, hello: Message, proof: Proof, claimed: bool
) -> None:
    back = sending.settle.Settlement(hello.id, 1, Outcome(Result.unreachable, detail="ClientConnectorError"))
    with published_world.write() as session:
        sending.settle.settle(session, [back])
    sending.change(published_world, sending.Breaker, state="closed", retry_at=None)
    world.set_clock(published_world, world.START + timedelta(minutes=1))
    drafts = sending.drafted(published_world, settings) if claimed else []
    proof(published_world, hello)
    assert sending.gated(published_world, settings, drafts) == []
    found, walk = sending.message(published_world), sending.enrollment(published_world)
    assert (found.state, found.reason, found.lease_token) == (MessageState.accepted, None, None)
    assert (walk.next_step, sending.contact_days(published_world)) == ("promise", {"2026-09-01": 1})


@PROOFS
def test_what_never_left_stays_as_it_is(published_world: db.Database, hello: Message, proof: Proof) -> None:
    never = {"state": MessageState.skipped, "attempt": 0, "reason": Reason.refunded}
    sending.change(published_world, Message, **never)
    proof(published_world, sending.message(published_world))
    assert sending.message(published_world).state is MessageState.skipped


def test_the_customer_is_named_as_who_told_us(published_world: db.Database, hello: Message) -> None:
    sending.change(published_world, Message, state=MessageState.presumed_lost)
    by_reply(published_world, hello)
    with published_world.read() as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.act == "arrived after all")).all() == [
            "customer"
        ]
