"""Whose mail it is: the envelope first, then our own id, then a sender whom we wrote to lately."""

from datetime import timedelta

import pytest

from drip import config, db
from drip.engine.replies import match
from drip.mail import incoming
from drip.models import system
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageState
from drip.models.reply import MatchedBy
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.world import sending

BOUNCE = """\
From: MAILER-DAEMON@elsewhere.example
To: rita@mail.quay.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

It did not arrive.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; elsewhere.example

Final-Recipient: rfc822; ana@buyers.example
Action: failed
Status: 5.1.1
--x--
"""


@pytest.fixture
def hello(published_world: db.Database, settings: config.Settings) -> Message:
    """The check-in that Ana got."""
    return answering.asked(published_world, settings)


def found(database: db.Database, written: Written, content: bytes | None = None) -> match.Found | None:
    content = answering.raw(written) if content is None else content
    inbound_id = answering.stored(database, answering.posted(written, content))
    with database.read() as session:
        row = session.get_one(InboundMail, inbound_id)
        return match.find(session, row, incoming.parse(content), system.business_now(session))


def by(database: db.Database, written: Written) -> MatchedBy | None:
    one = found(database, written)
    return one.by if one else None


def our_id(message: Message) -> str:
    return f"<{message.id}@quay.example>"


def test_the_token_in_the_envelope_decides(published_world: db.Database, hello: Message) -> None:
    one = found(published_world, Written(to=(answering.to(hello),)))
    said = ("It was sent to the reply address of our mail “hello” of 01 Sep 2026.",)
    assert one == match.Found(hello.customer_id or 0, hello.id, MatchedBy.token, said)


def test_an_address_in_capitals_is_the_same_address(published_world: db.Database, hello: Message) -> None:
    assert by(published_world, Written(to=(answering.to(hello).upper(),))) is MatchedBy.token


def test_a_token_from_another_address_is_matched_and_says_so(published_world: db.Database, hello: Message) -> None:
    one = found(published_world, Written(sender="husband@elsewhere.example", to=(answering.to(hello),)))
    assert one is not None
    assert one.customer_id == hello.customer_id
    assert one.evidence[1:] == ("It was sent from husband@elsewhere.example, expected ana@buyers.example.",)


@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_a_mail_that_names_ours_answers_it(published_world: db.Database, hello: Message, header: str) -> None:
    ids = f"<else@where.example> {our_id(hello)}" if header == "References" else our_id(hello)
    one = found(published_world, Written(sender="work@elsewhere.example", headers={header: ids}))
    assert one is not None
    assert (one.by, one.message_id) == (MatchedBy.message_id, hello.id)
    assert one.evidence[0] == "It names our mail “hello” of 01 Sep 2026."


@pytest.mark.parametrize("foreign", ["<{id}@elsewhere.example>", "<{id}x@quay.example>", "<x@quay.example>", "{id}"])
def test_an_id_that_is_not_ours_names_nothing(published_world: db.Database, hello: Message, foreign: str) -> None:
    headers = {"In-Reply-To": foreign.format(id=hello.id)}
    assert by(published_world, Written(sender="work@elsewhere.example", headers=headers)) is None


def test_mail_to_the_reps_own_address_is_known_by_its_sender(published_world: db.Database, hello: Message) -> None:
    one = found(published_world, Written())
    said = ("It is from ana@buyers.example, who got a mail from us on 01 Sep 2026.",)
    assert one == match.Found(hello.customer_id or 0, None, MatchedBy.sender, said)


def test_a_sender_is_known_for_half_a_year(published_world: db.Database, hello: Message) -> None:
    world.set_clock(published_world, world.START + timedelta(days=179))
    assert by(published_world, Written()) is MatchedBy.sender
    world.set_clock(published_world, world.START + timedelta(days=181))
    assert by(published_world, Written(text="later")) is None


def test_who_never_got_a_mail_is_a_stranger(published_world: db.Database, hello: Message) -> None:
    sending.buy(published_world, world.Bought(email="ben@buyers.example"))
    assert by(published_world, Written(sender="ben@buyers.example")) is None
    sending.change(published_world, Message, state=MessageState.failed)
    assert by(published_world, Written()) is None


def test_a_sender_whom_nobody_vouches_for_is_marked(published_world: db.Database, hello: Message) -> None:
    sending.change(published_world, InboundMail, checks={})
    inbound_id = answering.stored(published_world, answering.posted(Written()))
    forged = {"spf": "fail", "dkim": "{@elsewhere.example : pass}"}
    sending.change(published_world, InboundMail, InboundMail.id == inbound_id, checks=forged)
    with published_world.read() as session:
        row = session.get_one(InboundMail, inbound_id)
        one = match.find(session, row, incoming.parse(answering.raw(Written())), system.business_now(session))
    assert one is not None
    assert one.evidence[1:] == ("Neither DKIM nor SPF vouches for this sender.",)


def test_a_report_belongs_to_the_address_that_it_is_about(published_world: db.Database, hello: Message) -> None:
    one = found(published_world, Written(sender="MAILER-DAEMON@elsewhere.example"), BOUNCE.encode())
    assert one is not None
    assert (one.customer_id, one.by) == (hello.customer_id, MatchedBy.sender)


def test_a_notice_to_a_rep_belongs_to_no_customer(published_world: db.Database, hello: Message) -> None:
    sending.change(published_world, Message, customer_id=None)
    assert by(published_world, Written(sender="rita@quay.example", to=(answering.to(hello),))) is None


def test_of_two_tokens_the_first_is_answered(published_world: db.Database, hello: Message) -> None:
    unknown = "reply+00000000000000000000000000@mail.quay.example"
    assert by(published_world, Written(to=(unknown, "junk", answering.to(hello)))) is MatchedBy.token
