"""Answers in the order of life: after an opt-out, before a refund, crossed in the post, from a machine in a loop."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.people import suppress
from drip.engine.replies import follow_up, policy
from drip.models import system
from drip.models.customer import Hold
from drip.models.enrollment import EnrollmentState
from drip.models.handoff import HandoffState
from drip.models.inbound import InboundState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import Purchase, PurchaseStatus
from drip.models.reasons import Reason
from drip.models.reply import ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import kind
from tests.world import sending


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """The check-in that Ana got."""
    return answering.asked(published_world, settings)


def test_an_answer_after_an_opt_out_still_finds_a_person(published_world: db.Database, hello: Message) -> None:
    with published_world.write() as session:
        suppress.suppress(session, hello.customer_id or 0, suppress.Stop(Reason.unsubscribed), answering.KEY)
    answering.meant(published_world, hello, kind(ReplyKind.question))
    assert len(answering.handoffs(published_world)) == 1
    assert sending.enrollment(published_world).state is EnrollmentState.exited


def test_a_refund_after_an_answer_leaves_the_conversation_open_and_sends_nothing(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.problem))
    sending.change(published_world, Purchase, status=PurchaseStatus.refunded)
    world.set_clock(published_world, world.START + timedelta(days=366))
    assert sending.gated(published_world, settings) == []
    assert [handoff.state for handoff in answering.handoffs(published_world)] == [HandoffState.open]


def test_no_check_in_comes_between_an_answer_and_its_resolution(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    sending.buy(published_world, world.Bought(campaign="care"))
    answering.meant(published_world, hello, kind(ReplyKind.question))
    world.set_clock(published_world, world.START + timedelta(days=3))
    assert sending.gated(published_world, settings) == []


def test_a_machine_that_answers_each_time_is_heard_five_times_a_day(
    published_world: db.Database, hello: Message
) -> None:
    for _ in range(8):
        answering.meant(published_world, hello, kind(ReplyKind.auto_reply))
    assert len(answering.replies(published_world)) == policy.MOST_AUTOMATIC
    assert [mail.state for mail in answering.mails(published_world)][-3:] == [InboundState.discarded] * 3
    assert answering.holds(published_world) == {}
    assert {row.kind for row in sending.messages(published_world)} == {MessageKind.check_in}
    world.set_clock(published_world, world.START + timedelta(days=2))
    answering.meant(published_world, hello, kind(ReplyKind.auto_reply))
    assert len(answering.replies(published_world)) == policy.MOST_AUTOMATIC + 1


def test_a_person_is_heard_however_much_her_machine_has_said(published_world: db.Database, hello: Message) -> None:
    for _ in range(7):
        answering.meant(published_world, hello, kind(ReplyKind.auto_reply))
    answering.meant(published_world, hello, kind(ReplyKind.question))
    assert len(answering.handoffs(published_world)) == 1


def test_check_ins_that_left_while_she_wrote_are_told_as_crossed(published_world: db.Database, hello: Message) -> None:
    with published_world.write() as session:
        now = system.business_now(session)
        session.add(_other(hello, now))
    answering.meant(published_world, hello, kind(ReplyKind.question), at=world.START - timedelta(hours=1))
    (reply,) = answering.replies(published_world)
    assert reply.crossed == ["other"]
    assert answering.handoffs(published_world)[0].why == f"{policy.WHY[ReplyKind.question]} {policy.CROSSED}"


def test_a_date_of_long_ago_makes_nothing_cross(published_world: db.Database, hello: Message) -> None:
    with published_world.write() as session:
        session.add(_other(hello, system.business_now(session) - follow_up.POST_DAYS - timedelta(hours=1)))
    answering.meant(published_world, hello, kind(ReplyKind.question), at=datetime(1999, 1, 1, tzinfo=UTC))
    assert answering.replies(published_world)[0].crossed == []


def test_the_reply_hold_is_replaced_in_the_same_moment(published_world: db.Database, hello: Message) -> None:
    answering.meant(published_world, hello, kind(ReplyKind.courtesy))
    with published_world.read() as session:
        replied, rest = session.scalars(select(Hold).order_by(Hold.id)).all()
    assert replied.reason is Reason.replied
    assert replied.released_at is not None
    assert rest.since >= replied.since


def _other(hello: Message, at: datetime) -> Message:
    return Message(
        id="other", kind=MessageKind.check_in, dedupe_key="check_in:0:other", customer_id=hello.customer_id,
        state=MessageState.accepted, created_at=at, planned_at=at, due_at=at, handed_at=at, settled_at=at,
    )  # fmt: skip
