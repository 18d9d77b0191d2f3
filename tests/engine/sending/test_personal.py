"""Answers and notices leave through the same ledger as check-ins, with a last look of their own."""

from pathlib import Path

import pytest

from drip import config, db, tokens
from drip.engine.handoffs import answer, hand_off
from drip.engine.people import suppress
from drip.engine.sending import due, send, stop_all
from drip.models.handoff import Priority
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.reply import MatchedBy, Reply, ReplyKind
from drip.models.suppression import Suppression
from drip.models.system import business_now
from tests import sandbox_process, world
from tests.world import sending

pytestmark = pytest.mark.usefixtures("published_world")
PERSONAL = (MessageKind.answer, MessageKind.notice)
THEIR_ID = "<abc@their.mail.example>"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, sandbox: sandbox_process.Sandbox) -> config.Settings:
    return world.settings(tmp_path, database_url, DRIP_SANDBOX_PORT=str(sandbox.port))


def written(database: db.Database, text: str = "The bell squeaks.") -> int:
    """Ana buys and writes to us; the id of the handoff."""
    (walk,) = sending.buy(database)
    with database.write() as session:
        mail = InboundMail(digest=tokens.new_id(), raw=b"", envelope_to=[], envelope_from="", checks={},
                           state=InboundState.understood, received_at=business_now(session))  # fmt: skip
        session.add(mail)
        session.flush()
        reply = Reply(inbound_id=mail.id, customer_id=walk.customer_id, kind=ReplyKind.problem,
                      matched_by=MatchedBy.token, evidence=[], new_text=text, subject="Re: How is your Quay 3?",
                      mail_message_id=THEIR_ID, mail_references=["<first@quay.example>"], crossed=[],
                      received_at=business_now(session))  # fmt: skip
        session.add(reply)
        session.flush()
        return hand_off.open_for(session, walk.customer_id, Priority.high, "Ana has a problem.", reply=reply).id


def said(database: db.Database, handoff_id: int, **changes: object) -> str:
    words = {"text": "I will oil it tomorrow.", "draft_id": "d1", "version": 1} | changes
    with database.write() as session:
        return answer.answer(session, handoff_id, answer.Words(**words), "rita@quay.example")  # type: ignore[arg-type]


def deliver(database: db.Database, settings: config.Settings) -> None:
    sender = send.Sender(settings, database)
    with database.write() as session:
        lease = due.claim(session, 100, 30, PERSONAL)
    if lease is not None:
        sender.send(lease.token)
    sender.close()


def found(database: db.Database, message_id: str) -> Message:
    with database.read() as session:
        return session.get_one(Message, message_id)


def test_an_answer_comes_from_the_rep_in_the_same_thread(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    said(database, written(database))
    deliver(database, settings)
    (mail,) = [mail for mail in sandbox.mails() if mail["to"] == "ana@buyers.example"]
    headers = dict(mail["headers"])  # type: ignore[call-overload]
    assert (mail["from_name"], mail["subject"]) == ("Rita Moss", "Re: How is your Quay 3?")
    assert headers["In-Reply-To"] == THEIR_ID
    assert headers["References"] == f"<first@quay.example> {THEIR_ID}"
    assert "List-Unsubscribe" not in headers


def test_the_rep_gets_a_notice_with_the_customers_words_and_a_link(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    handoff_id = written(database)
    deliver(database, settings)
    (mail,) = sandbox.mails()
    assert mail["to"] == "rita@quay.example"
    assert "The bell squeaks." in str(mail["text"])
    assert f"http://127.0.0.1:8000/handoffs/{handoff_id}" in str(mail["text"])


def test_the_same_form_sent_twice_is_one_answer(database: db.Database) -> None:
    handoff_id = written(database)
    assert said(database, handoff_id) == said(database, handoff_id)


def test_the_kill_switch_keeps_an_answer_back_and_loses_nothing(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    message_id = said(database, written(database))
    with database.write() as session:
        lease = due.claim(session, 100, 30, PERSONAL)
        stop_all.pause(session, "tests", "stop")
    assert lease is not None
    sender = send.Sender(settings, database)
    sender.send(lease.token)
    sender.close()
    assert sandbox.mails() == []
    assert found(database, message_id).state is MessageState.queued
    with database.write() as session:
        stop_all.resume(session, "tests")
    deliver(database, settings)
    assert found(database, message_id).state is MessageState.accepted


@pytest.mark.parametrize(("confirmed", "state"), [(False, MessageState.cancelled), (True, MessageState.accepted)])
def test_who_opted_out_is_answered_only_when_the_rep_says_so(
    database: db.Database, settings: config.Settings, confirmed: bool, state: MessageState
) -> None:
    handoff_id = written(database)
    message_id = said(database, handoff_id, confirmed=confirmed)
    with database.write() as session:
        who = found(database, message_id).customer_id
        assert who is not None
        suppress.suppress(session, who, suppress.Stop(Reason.unsubscribed), settings.secret_key())
    deliver(database, settings)
    assert found(database, message_id).state is state


def test_a_rep_whose_address_bounces_gets_no_notice(
    database: db.Database, settings: config.Settings, sandbox: sandbox_process.Sandbox
) -> None:
    with database.write() as session:
        hashed = tokens.fingerprint(settings.secret_key(), "rita@quay.example")
        session.add(Suppression(address_hash=hashed, reason=Reason.bounced, since=business_now(session)))
    written(database)
    deliver(database, settings)
    assert sandbox.mails() == []


def test_no_check_in_passes_while_a_human_has_the_word(database: db.Database, settings: config.Settings) -> None:
    written(database)
    assert sending.claim(database) is None
