"""What people do about mail that waits for them."""

import pytest
from sqlalchemy import select

from drip import config, db
from drip.engine.handoffs import hand_off
from drip.engine.replies import by_hand, receive
from drip.models.customer import Customer
from drip.models.handoff import HandoffState
from drip.models.inbound import InboundState
from drip.models.message import Message
from drip.models.reasons import Reason
from drip.models.reply import MatchedBy
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.world import sending, talking

STRANGER = "stranger@elsewhere.example"
WRITER = ("Sam Ward", STRANGER)


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """The check-in that Ana got."""
    return answering.asked(published_world, settings)


@pytest.fixture
def strange(published_world: db.Database, settings: config.Settings, hello: Message) -> int:
    """A mail of somebody whom nobody knows; its id."""
    return answering.read(published_world, settings, Written(sender=STRANGER))


def state(database: db.Database) -> list[InboundState]:
    return [mail.state for mail in answering.mails(database)]


def test_a_person_who_knows_whose_mail_it_is_puts_it_on_its_way(
    published_world: db.Database, settings: config.Settings, hello: Message, strange: int
) -> None:
    assert hello.customer_id is not None
    with published_world.write() as session:
        assert by_hand.assign(session, strange, hello.customer_id, "rita")
        assert not by_hand.assign(session, strange, hello.customer_id, "otto")
    assert answering.holds(published_world) == {Reason.replied: None}
    receive.understand(published_world, settings, strange)
    (reply,) = answering.replies(published_world)
    assert (reply.matched_by, reply.evidence[0]) == (MatchedBy.person, "Matched by rita.")
    assert len(answering.handoffs(published_world)) == 1


def test_a_person_discards_what_needs_nobody_and_takes_it_back(published_world: db.Database, strange: int) -> None:
    with published_world.write() as session:
        assert by_hand.discard(session, strange, "rita")
        assert not by_hand.discard(session, strange, "rita")
    assert state(published_world) == [InboundState.discarded]
    with published_world.write() as session:
        assert by_hand.take_back(session, strange, "rita")
        assert not by_hand.take_back(session, strange, "rita")
    assert state(published_world) == [InboundState.unmatched]


def test_a_mail_that_cannot_be_read_ends_in_the_conversation_of_the_customer_whom_a_person_names(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    inbound_id = answering.read(published_world, settings, Written(sender=STRANGER), answering.UNREADABLE)
    with published_world.write() as session:
        assert by_hand.assign(session, inbound_id, hello.customer_id or 0, "rita")
    receive.understand(published_world, settings, inbound_id)
    assert state(published_world) == [InboundState.unreadable]
    assert [handoff.why for handoff in answering.handoffs(published_world)] == [receive.UNREADABLE]
    assert answering.holds(published_world) == {Reason.handoff_open: None}


def test_a_stranger_who_is_answered_has_a_conversation_with_their_words_in_it(
    published_world: db.Database, settings: config.Settings, strange: int
) -> None:
    with published_world.write() as session:
        talk = by_hand.answer(session, strange, WRITER, talking.RITA)
        assert talk is not None
        assert (talk.claimed_by, talk.state) == (talking.RITA, HandoffState.pending)
    receive.understand(published_world, settings, strange)
    (handoff,) = answering.handoffs(published_world)
    (reply,) = answering.replies(published_world)
    assert (handoff.state, reply.handoff_id) == (HandoffState.open, handoff.id)
    with published_world.read() as session:
        who = session.get_one(Customer, reply.customer_id)
        assert (who.email, who.first_name, who.last_name) == (STRANGER, "Sam", "Ward")
    talking.answered(published_world, handoff.id)
    assert [row.customer_id for row in sending.messages(published_world) if row.kind == "answer"] == [who.id]


def test_a_machines_mail_that_a_person_answers_stands_in_the_conversation_too(
    published_world: db.Database, settings: config.Settings, hello: Message
) -> None:
    written = Written(sender=STRANGER, headers={"Auto-Submitted": "auto-replied"})
    inbound_id = answering.read(published_world, settings, written)
    with published_world.write() as session:
        assert by_hand.answer(session, inbound_id, WRITER, talking.RITA)
    receive.understand(published_world, settings, inbound_id)
    (handoff,) = answering.handoffs(published_world)
    assert [reply.handoff_id for reply in answering.replies(published_world)] == [handoff.id]


def test_whoever_is_known_already_is_no_second_customer_and_a_colleague_keeps_their_conversation(
    published_world: db.Database, strange: int, hello: Message
) -> None:
    talking.wrote(published_world, hello.customer_id or 0)
    with published_world.write() as session:
        hand_off.claim(session, 1, talking.OTTO)
    with pytest.raises(hand_off.TakenError), published_world.write() as session:
        by_hand.answer(session, strange, ("Ana", answering.ANA), talking.RITA)
    assert state(published_world)[0] is InboundState.unmatched
    with published_world.read() as session:
        assert session.scalars(select(Customer.email)).all() == [answering.ANA]


@pytest.mark.parametrize("address", ["", "nobody", "@x.example", "a@b", "a\nb@x.example", f"{'a' * 250}@x.example",
                                     "otto@quay.example", "otto@mail.quay.example"])  # fmt: skip
def test_nobody_is_answered_without_an_address_of_their_own(
    published_world: db.Database, strange: int, address: str
) -> None:
    with pytest.raises(by_hand.NoAddressError), published_world.write() as session:
        by_hand.answer(session, strange, ("", address), talking.RITA)
    assert state(published_world) == [InboundState.unmatched]
