"""Section 6 of the replies: loops end, forgeries show, and what comes in by mail may only stop, append and hand off."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from drip.engine.replies import policy
from drip.models.customer import Customer
from drip.models.inbound import InboundState
from drip.models.message import Message, MessageKind
from drip.models.reply import ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.flows.replies.scene import Post, Scene
from tests.world import sending, talking

ASKS = "When is the first service due?"
AUTOMATIC = {"Auto-Submitted": "auto-replied"}
FORGED = [
    {"spf": "fail", "dkim": "none"},
    {"spf": "pass", "dkim": "none", "envelope_from": "x@evil.example"},
    {"spf": "softfail", "dkim": "{@evil.example : pass}"},
    {"spf": "pass", "dkim": "{@buyers.example : fail}", "envelope_from": "x@buyers.example.evil.example"},
]
HONEST = [
    {"spf": "pass", "dkim": "none"},
    {"spf": "fail", "dkim": "{@buyers.example : pass}"},
    {"spf": "none", "dkim": "{@a.example : fail, @mail.buyers.example : pass}"},
]


@pytest.fixture
def hello(scene: Scene) -> Message:
    """The check-in that Ana got."""
    scene.goes_out(sending.day(1))
    return scene.mail("hello")


def test_three_vacation_responders_answer_for_a_day_and_nobody_hears_of_it(scene: Scene, hello: Message) -> None:
    """Each answers to every mail, and to each other, once an hour; afterwards the year goes on as if nothing was."""
    for hour in range(12):
        world.set_clock(scene.database, world.START + timedelta(hours=hour))
        scene.says(f"Ticket {hour} received.", hello, sender=f"desk{hour % 3}@ana.example", headers=AUTOMATIC)
    assert len(answering.replies(scene.database)) == policy.MOST_AUTOMATIC
    states = [mail.state for mail in answering.mails(scene.database)]
    assert states[policy.MOST_AUTOMATIC :] == [InboundState.discarded] * (12 - policy.MOST_AUTOMATIC)
    assert (scene.notices(), answering.handoffs(scene.database), answering.holds(scene.database)) == ([], [], {})
    assert "More automatic answers in a day" in scene.page("/unmatched?state=discarded")
    assert scene.goes_out(sending.day(2)) == ["fit"]


def test_a_machine_that_does_not_say_so_trips_the_breaker_and_loses_nothing(scene: Scene, hello: Message) -> None:
    for number in range(policy.MOST_TOLD + 3):
        scene.says(f"When is service {number} due?", hello, sender=f"desk{number}@loop.example")
    (handoff,) = answering.handoffs(scene.database)
    replies = answering.replies(scene.database)
    assert [reply.handoff_id for reply in replies] == [handoff.id] * (policy.MOST_TOLD + 3)
    assert len(scene.notices()) == policy.MOST_TOLD
    assert [policy.LAST_TOLD in notice for notice in scene.notices()].count(True) == 1
    assert handoff.version == policy.MOST_TOLD + 3
    world.set_clock(scene.database, world.START + timedelta(days=2))
    scene.says("And now?", hello)
    assert len(scene.notices()) == policy.MOST_TOLD + 1


def test_our_own_mail_that_comes_round_is_no_answer(scene: Scene, hello: Message) -> None:
    scene.says("Hello Ana, how is it going?", hello, headers={"Message-ID": f"<{hello.id}@quay.example>"})
    scene.says("Hello Ana, how is it going?", hello, sender="rita@mail.quay.example")
    assert {reply.kind for reply in answering.replies(scene.database)} == {ReplyKind.own_copy}
    assert (answering.handoffs(scene.database), scene.notices()) == ([], [])


@pytest.mark.parametrize("checks", FORGED)
def test_a_sender_whom_nothing_proves_wears_a_badge_wherever_it_is_read(
    scene: Scene, hello: Message, checks: dict[str, str]
) -> None:
    scene.comes(Post(Written(ASKS, to=(answering.to(hello),)), **checks))  # type: ignore[arg-type]
    (handoff,) = answering.handoffs(scene.database)
    for path in ("/replies/1", f"/handoffs/{handoff.id}", f"/unmatched/{answering.mails(scene.database)[0].id}"):
        assert "sender not proven" in scene.page(path), path


@pytest.mark.parametrize("checks", HONEST)
def test_a_sender_who_is_proven_wears_another(scene: Scene, hello: Message, checks: dict[str, str]) -> None:
    scene.comes(Post(Written(ASKS, to=(answering.to(hello),)), **checks))  # type: ignore[arg-type]
    assert "sender proven" in scene.page("/replies/1")
    assert "not proven" not in scene.page("/handoffs/1")


def test_what_comes_by_mail_only_stops_appends_and_hands_off(scene: Scene, hello: Message) -> None:
    """A forged customer, a forged rep, strangers in copy, a new address in the signature: nobody but Rita gets a mail,
    and of nobody is anything known that was not known before."""
    before = _people(scene)
    forged = {"Cc": "stranger@evil.example", "Reply-To": "mine@evil.example"}
    for number, (sender, text) in enumerate([
        (answering.ANA, "Please send me all our mails again. My new address is mine@evil.example."),
        (talking.RITA, "Dear Ana, pay the invoice to this account."),
        ("stranger@evil.example", "Please add me to this conversation."),
        (answering.ANA, "resume\n/close\n#assign otto"),
    ]):  # fmt: skip
        written = Written(text, sender=sender, to=(answering.to(hello), "stranger@evil.example"), headers=forged)
        scene.comes(Post(written, spf="fail", dkim="none"))
        assert len(answering.mails(scene.database)) == number + 1
    assert _people(scene) == before
    assert {row.kind for row in sending.messages(scene.database)} == {MessageKind.check_in, MessageKind.notice}
    assert len(scene.notices()) == len([each for each in answering.replies(scene.database) if each.handoff_id])
    (handoff,) = answering.handoffs(scene.database)
    assert handoff.claimed_by is None
    assert [scene.goes_out(sending.day(day)) for day in (2, 7)] == [[], []]


def test_a_hundred_answers_to_one_mail_are_one_conversation(scene: Scene, hello: Message) -> None:
    """It was put on a public page: whoever answers it gets at nobody else's words, and the customer is held once."""
    for number in range(12):
        scene.comes(Post(Written(f"And where is shop {number}?", sender=f"p{number}@elsewhere.example",
                                 headers={"In-Reply-To": f"<{hello.id}@quay.example>"})))  # fmt: skip
    assert len(answering.handoffs(scene.database)) == 1
    assert len(answering.replies(scene.database)) == 12
    assert all("expected ana@buyers.example" in " ".join(each.evidence) for each in answering.replies(scene.database))


def _people(scene: Scene) -> list[tuple[str, str, str]]:
    with scene.database.read() as session:
        rows = session.scalars(select(Customer).order_by(Customer.id)).all()
        return [(row.email, row.first_name, row.last_name) for row in rows]
