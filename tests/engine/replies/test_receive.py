"""A mail that reaches us is never lost, and whoever wrote it hears no machine until it has been read."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.handoffs import hold
from drip.engine.replies import receive
from drip.models.enrollment import EnrollmentState
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.reply import MatchedBy, ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.world import sending


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """The check-in that Ana got."""
    return answering.asked(published_world, settings)


def state(database: db.Database) -> list[InboundState]:
    return [mail.state for mail in answering.mails(database)]


def test_a_customer_is_held_from_the_moment_her_answer_is_stored(published_world: db.Database, hello: Message) -> None:
    answering.stored(published_world, answering.posted(Written(to=(answering.to(hello),))))
    assert answering.holds(published_world) == {Reason.replied: None}
    (mail,) = answering.mails(published_world)
    assert (mail.customer_id, mail.message_id, mail.state) == (hello.customer_id, hello.id, InboundState.stored)


def test_a_mail_that_is_posted_twice_is_one_mail_and_one_hold(published_world: db.Database, hello: Message) -> None:
    mail = answering.posted(Written(to=(answering.to(hello),)))
    assert [answering.stored(published_world, mail) is None for _ in range(3)] == [False, True, True]
    with published_world.read() as session:
        assert len(session.scalars(select(InboundMail.id)).all()) == 1


def test_a_token_in_the_headers_holds_nobody(published_world: db.Database, hello: Message) -> None:
    written = Written(to=("rita@mail.quay.example",), headers={"Cc": answering.to(hello)})
    answering.stored(published_world, answering.posted(written))
    assert answering.holds(published_world) == {}


def test_a_token_that_is_none_of_ours_is_stored_like_any_other_mail(published_world: db.Database) -> None:
    written = Written(to=("reply+00000000000000000000000000@mail.quay.example",))
    assert answering.stored(published_world, answering.posted(written)) is not None
    assert answering.holds(published_world) == {}


def test_mail_to_the_way_out_stops_the_person_at_once(published_world: db.Database, hello: Message) -> None:
    answering.stored(published_world, answering.posted(Written("unsubscribe", to=(answering.to(hello, "stop"),))))
    assert answering.suppressions(published_world) == {Reason.unsubscribed: (True, False)}
    assert sending.enrollment(published_world).state is EnrollmentState.exited


def test_mail_to_the_way_out_tells_the_rep_and_opens_nothing(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.read(published_world, settings, Written("What is this?", to=(answering.to(hello, "stop"),)))
    assert [reply.kind for reply in answering.replies(published_world)] == [ReplyKind.opt_out]
    assert answering.handoffs(published_world) == []
    assert answering.holds(published_world) == {}
    assert answering.notices(published_world) == 1


def test_a_question_ends_in_a_persons_hands(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.read(published_world, settings, Written(to=(answering.to(hello),)))
    (reply,) = answering.replies(published_world)
    (handoff,) = answering.handoffs(published_world)
    assert (reply.kind, reply.matched_by, reply.handoff_id) == (ReplyKind.question, MatchedBy.token, handoff.id)
    assert reply.new_text.strip() == "When is the first service due?"
    assert answering.holds(published_world) == {Reason.handoff_open: None}
    assert state(published_world) == [InboundState.understood]


def test_understanding_a_mail_again_changes_nothing(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    inbound_id = answering.read(published_world, settings, Written(to=(answering.to(hello),)))
    receive.understand(published_world, settings, inbound_id)
    receive.understand(published_world, settings, inbound_id + 1)
    assert len(answering.replies(published_world)) == len(answering.handoffs(published_world)) == 1
    assert answering.notices(published_world) == 1


def test_mail_of_strangers_waits_for_people(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.read(published_world, settings, Written(sender="stranger@elsewhere.example"))
    assert state(published_world) == [InboundState.unmatched]
    assert answering.replies(published_world) == []


def test_a_mail_that_cannot_be_read_goes_to_a_person_and_the_customer_stays_held(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.read(published_world, settings, Written(to=(answering.to(hello),)), answering.UNREADABLE)
    assert state(published_world) == [InboundState.unreadable]
    assert [handoff.why for handoff in answering.handoffs(published_world)] == [receive.UNREADABLE]
    assert answering.holds(published_world) == {Reason.handoff_open: None}


def test_an_unreadable_mail_of_nobody_known_waits_for_people(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.read(published_world, settings, Written(), answering.UNREADABLE)
    assert state(published_world) == [InboundState.unreadable]
    assert answering.handoffs(published_world) == []


def test_a_mail_that_fails_five_times_is_for_people(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    inbound_id = answering.stored(published_world, answering.posted(Written(to=(answering.to(hello),))))
    assert inbound_id is not None
    sending.change(published_world, InboundMail, attempts=receive.MOST_ATTEMPTS)
    receive.understand(published_world, settings, inbound_id)
    assert state(published_world) == [InboundState.unreadable]
    assert len(answering.handoffs(published_world)) == 1


def test_what_goes_wrong_on_our_side_is_tried_five_times_and_never_lost(
    database: db.Database, settings: config.Settings
) -> None:
    """Nothing has been published here, so that nothing can be understood."""
    answering.stored(database, answering.posted(Written()))
    for attempt in range(receive.MOST_ATTEMPTS):
        assert state(database) == [InboundState.stored], attempt
        assert receive.understand_waiting(database, settings) == 1
    receive.understand_waiting(database, settings)
    assert state(database) == [InboundState.unreadable]


def test_everything_that_waits_is_read_and_a_broken_mail_keeps_nobody_waiting(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    answering.stored(published_world, answering.posted(Written(), answering.UNREADABLE))
    for text in ("What now?", "And then?"):
        answering.stored(published_world, answering.posted(Written(text, to=(answering.to(hello),))))
    assert receive.understand_waiting(published_world, settings) == 3
    assert state(published_world) == [InboundState.unreadable, InboundState.understood, InboundState.understood]
    assert receive.understand_waiting(published_world, settings) == 0


def test_whoever_answers_a_mail_in_doubt_has_got_it(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    sending.change(published_world, Message, state=MessageState.ambiguous, reason=Reason.no_answer)
    answering.read(published_world, settings, Written(to=(answering.to(hello),)))
    known = next(row for row in sending.messages(published_world) if row.id == hello.id)
    assert (known.state, known.reason) == (MessageState.accepted, None)


def test_two_answers_at_once_make_one_handoff(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    texts = ["When is the first service due?", "And where do I bring it?"]

    def answer(text: str) -> int | None:
        return answering.stored(published_world, answering.posted(Written(text, to=(answering.to(hello),))))

    ids = _at_once([lambda text=text: answer(text) for text in texts])  # type: ignore[misc]
    _at_once([lambda one=one: receive.understand(published_world, settings, one or 0) for one in ids])  # type: ignore[misc]
    (handoff,) = answering.handoffs(published_world)
    assert {reply.handoff_id for reply in answering.replies(published_world)} == {handoff.id}
    assert answering.holds(published_world) == {Reason.handoff_open: None}


def test_the_hold_stands_while_another_mail_waits_to_be_read(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    automatic = Written("I am away.", to=(answering.to(hello),), headers={"Auto-Submitted": "auto-replied"})
    first = answering.stored(published_world, answering.posted(automatic))
    second = answering.stored(published_world, answering.posted(Written(to=(answering.to(hello),))))
    receive.understand(published_world, settings, first or 0)
    assert Reason.replied in answering.holds(published_world)
    receive.understand(published_world, settings, second or 0)
    assert Reason.replied not in answering.holds(published_world)


def test_the_hold_stands_while_a_mail_to_them_and_others_waits_to_be_read(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    sending.buy(published_world, world.Bought(email="ben@buyers.example", first_name="Ben"))
    sending.sent(published_world, settings)
    ben = next(row for row in sending.messages(published_world) if row.to_address == "ben@buyers.example")
    both = Written(to=(answering.to(hello), answering.to(ben)))
    automatic = Written(
        "Ticket 7.", "ben@buyers.example", (answering.to(ben),), headers={"Auto-Submitted": "auto-replied"}
    )
    joint = answering.stored(published_world, answering.posted(both))
    answering.read(published_world, settings, automatic)
    with published_world.read() as session:
        assert hold.is_open(session, ben.customer_id or 0, Reason.replied)
    receive.understand(published_world, settings, joint or 0)
    with published_world.read() as session:
        assert not hold.is_open(session, ben.customer_id or 0, Reason.replied)
        assert hold.is_open(session, ben.customer_id or 0, Reason.handoff_open)


def test_an_answer_to_a_mail_of_a_year_ago_finds_its_customer(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    world.set_clock(published_world, world.START + timedelta(days=380))
    answering.read(published_world, settings, Written(to=(answering.to(hello),), at=world.START + timedelta(days=380)))
    (reply,) = answering.replies(published_world)
    assert (reply.customer_id, reply.message_id) == (hello.customer_id, hello.id)
    assert len(answering.handoffs(published_world)) == 1


def _at_once(calls: list[Callable[[], int | None]]) -> list[int | None]:
    """All of them, released together."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], int | None]) -> int | None:
        gate.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
