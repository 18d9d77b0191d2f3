"""Section 6 of the replies: whose mail it is, from the envelope to the page that says how we know."""

from datetime import timedelta

import pytest

from drip.engine.replies import alignment
from drip.models.customer import Customer
from drip.models.handoff import HandoffState
from drip.models.inbound import InboundState
from drip.models.message import Message, MessageKind
from drip.models.reply import MatchedBy, ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.flows.replies.scene import Post, Scene
from tests.world import sending, talking

BEN, WORK = "ben@buyers.example", "ana.ribeiro@work.example"
ASKS = "When is the first service due?"


@pytest.fixture
def hello(scene: Scene) -> Message:
    """The check-in that Ana got."""
    scene.goes_out(sending.day(1))
    return scene.mail("hello")


def by(scene: Scene) -> list[MatchedBy]:
    return [reply.matched_by for reply in answering.replies(scene.database)]


def our_id(message: Message) -> str:
    return f"<{message.id}@quay.example>"


def test_the_reply_address_decides_and_the_page_says_so(scene: Scene, hello: Message) -> None:
    """Before our Message-ID, and before the sender: here both speak for others."""
    sending.buy(scene.database, world.Bought(email=BEN, first_name="Ben"))
    scene.goes_out(sending.day(2))
    bens = next(row for row in sending.messages(scene.database) if row.to_address == BEN)
    scene.says(ASKS, hello, sender=BEN, headers={"In-Reply-To": our_id(bens)})
    (reply,) = answering.replies(scene.database)
    assert (reply.matched_by, reply.message_id) == (MatchedBy.token, hello.id)
    page = scene.page("/replies/1")
    assert "Known by the address that it was sent to" in page
    assert "It was sent to the reply address of our mail “hello” of 01 Sep 2026." in page


@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_else_our_message_id_decides_and_the_page_says_so(scene: Scene, hello: Message, header: str) -> None:
    scene.comes(Post(Written(ASKS, sender=WORK, headers={header: f"<other@work.example> {our_id(hello)}"})))
    assert by(scene) == [MatchedBy.message_id]
    page = scene.page("/replies/1")
    assert "Known by the mail that it answers" in page
    assert "It names our mail “hello” of 01 Sep 2026." in page
    assert len(answering.handoffs(scene.database)) == 1


def test_else_the_sender_decides_if_we_wrote_to_them_lately_and_the_page_says_so(scene: Scene, hello: Message) -> None:
    scene.comes(Post(Written(ASKS)))
    assert by(scene) == [MatchedBy.sender]
    assert "It is from ana@buyers.example, who got a mail from us on 01 Sep 2026." in scene.page("/replies/1")
    world.set_clock(scene.database, world.START + timedelta(days=190))
    inbound_id = scene.comes(Post(Written("And where do I bring it?")))
    assert answering.mails(scene.database)[-1].state is InboundState.unmatched
    page = scene.page(f"/unmatched/{inbound_id}")
    assert "is a customer, but has got no mail from us for half a year" in page
    assert "Somebody we know has this address" in page


def test_an_answer_from_another_address_is_the_customers_and_the_rep_is_warned(scene: Scene, hello: Message) -> None:
    scene.says(ASKS, hello, sender=WORK)
    assert f"It was sent from {WORK}, expected {answering.ANA}." in scene.page("/replies/1")
    (handoff,) = answering.handoffs(scene.database)
    assert f"from {WORK}" in scene.page(f"/handoffs/{handoff.id}")
    (notice,) = scene.notices()
    assert f"It came from {WORK}, not from {answering.ANA}; an answer goes to {answering.ANA}." in notice
    talking.answered(scene.database, handoff.id)
    assert _answers_go_to(scene) == {"Ana"}


def test_an_answer_of_a_colleague_who_is_a_customer_too_stays_with_the_one_we_wrote_to(
    scene: Scene, hello: Message
) -> None:
    sending.buy(scene.database, world.Bought(email=BEN, first_name="Ben"))
    scene.says(ASKS, hello, sender=BEN)
    (handoff,) = answering.handoffs(scene.database)
    assert handoff.customer_id == hello.customer_id
    assert f"{BEN} is a customer too." in scene.page("/replies/1")


def test_a_third_person_to_whom_it_was_forwarded_stops_the_year_and_learns_nothing(
    scene: Scene, hello: Message
) -> None:
    forwarded = f"I am her brother and would like to buy one too.\n\n> {our_id(hello)}\n> How is your bicycle?"
    scene.comes(Post(Written(forwarded, sender="brother@elsewhere.example", headers={"In-Reply-To": our_id(hello)})))
    (handoff,) = answering.handoffs(scene.database)
    assert handoff.customer_id == hello.customer_id
    assert scene.goes_out(sending.day(7)) == []
    talking.answered(scene.database, handoff.id)
    assert _answers_go_to(scene) == {"Ana"}
    assert "brother@elsewhere.example, expected ana@buyers.example" in scene.page("/replies/1")


def test_an_answer_to_a_mail_of_years_ago_finds_its_thread_and_ends_no_newer_campaign(
    scene: Scene, hello: Message
) -> None:
    later = world.START + timedelta(days=3 * 365 + 6)  # a Tuesday again
    for _ in range(6):
        scene.goes_out(later)  # what was left of then is out of date by now
    sending.buy(scene.database, world.Bought(campaign="care", anchor_at=later - timedelta(days=1), product="New hat"))
    scene.says(ASKS, hello)
    (reply,) = answering.replies(scene.database)
    assert (reply.message_id, reply.matched_by) == (hello.id, MatchedBy.token)
    assert len(answering.handoffs(scene.database)) == 1
    assert scene.goes_out(later + timedelta(days=1)) == []
    scene.resolve("resume")
    assert ["fit"] in [scene.goes_out(later + timedelta(days=day)) for day in range(2, 9)]


def test_an_answer_to_two_enrollments_at_once_is_one_conversation_and_holds_both(scene: Scene, hello: Message) -> None:
    scene.goes_out(sending.day(2))
    fit = scene.mail("fit")
    scene.says(ASKS, hello, to=(answering.to(hello), answering.to(fit)))
    (handoff,) = answering.handoffs(scene.database)
    (reply,) = answering.replies(scene.database)
    assert (reply.message_id, reply.handoff_id) == (hello.id, handoff.id)
    assert "It also went to the address of our mail “fit”" in scene.page("/replies/1")
    assert [scene.goes_out(sending.day(day)) for day in (7, 8)] == [[], []]


def test_one_mail_to_two_customers_is_the_writers_reply_and_the_other_is_not_forgotten(
    scene: Scene, hello: Message
) -> None:
    sending.buy(scene.database, world.Bought(email=BEN, first_name="Ben"))
    scene.goes_out(sending.day(2))
    bens = next(row for row in sending.messages(scene.database) if row.to_address == BEN)
    inbound_id = scene.says(ASKS, hello, sender=BEN, to=(answering.to(hello), answering.to(bens)))
    (reply,) = answering.replies(scene.database)
    assert reply.customer_id == bens.customer_id, "Ben wrote it"
    other = next(row for row in answering.handoffs(scene.database) if row.customer_id == hello.customer_id)
    assert len(answering.handoffs(scene.database)) == 2
    assert f"/unmatched/{inbound_id}" in scene.rep.get(f"/handoffs/{other.id}").text
    assert [scene.goes_out(sending.day(day)) for day in (7, 8)] == [[], []]


def test_a_reps_own_copy_is_kept_with_the_conversation_and_answers_nobody(scene: Scene, hello: Message) -> None:
    scene.says(ASKS, hello)
    (before,) = answering.handoffs(scene.database)
    scene.says("Dear Ana, bring it on Monday.", hello, sender=talking.RITA)
    copy = answering.replies(scene.database)[-1]
    (after,) = answering.handoffs(scene.database)
    assert (copy.kind, copy.customer_id) == (ReplyKind.own_copy, hello.customer_id)
    assert (after.state, after.version) == (HandoffState.open, before.version)
    assert _answers_go_to(scene) == set()
    assert f"{talking.RITA}, in a mail of their own" in scene.page(f"/handoffs/{after.id}")


def test_a_rep_who_writes_back_to_a_notice_is_kept_and_told_that_it_reaches_nobody(
    scene: Scene, hello: Message
) -> None:
    scene.says(ASKS, hello)
    assert "what you write back to this mail does not reach them" in scene.notices()[0]
    notice = next(row for row in sending.messages(scene.database) if row.kind is MessageKind.notice)
    sending.change(scene.database, Message, Message.id == notice.id, to_address=talking.RITA)
    scene.comes(Post(Written("Bring it on Monday.", sender=talking.RITA, headers={"In-Reply-To": our_id(notice)})))
    copy = answering.replies(scene.database)[-1]
    assert (copy.kind, copy.customer_id) == (ReplyKind.own_copy, hello.customer_id)
    assert "the customer has not got it" in scene.page(f"/replies/{copy.id}")
    assert _answers_go_to(scene) == set()


def test_a_customer_who_works_for_us_is_heard(scene: Scene) -> None:
    sending.change(scene.database, Customer, email="otto@quay.example")
    scene.goes_out(sending.day(1))
    scene.says(ASKS, scene.mail("hello"), sender="otto@quay.example")
    assert [reply.kind for reply in answering.replies(scene.database)] == [ReplyKind.question]
    assert alignment.UNPROVEN not in answering.replies(scene.database)[0].evidence


def _answers_go_to(scene: Scene) -> set[str]:
    rows = sending.messages(scene.database)
    return {str((row.letter or {})["to_name"]) for row in rows if row.kind is MessageKind.answer}
