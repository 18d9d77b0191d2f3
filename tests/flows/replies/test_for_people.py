"""Section 7 of the replies: what nobody could be found for, or could not be read, waits for a person."""

import pytest

from drip.models.inbound import InboundState
from drip.models.message import Message, MessageKind
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.flows.replies.scene import Post, Scene
from tests.world import sending, talking

STRANGER = "sam@elsewhere.example"
ASKS = Written(
    "Do you repair bells?", sender=STRANGER, subject="Bells", headers={"Message-ID": "<b1@elsewhere.example>"}
)


@pytest.fixture
def hello(scene: Scene) -> Message:
    """The check-in that Ana got."""
    scene.goes_out(sending.day(1))
    return scene.mail("hello")


def state(scene: Scene) -> InboundState:
    return answering.mails(scene.database)[-1].state


def test_a_strangers_mail_is_answered_in_its_own_thread(scene: Scene, hello: Message) -> None:
    inbound_id = scene.comes(Post(ASKS))
    assert f"“Bells”. {STRANGER} is not known here, and it names no mail of ours." in scene.page("/unmatched")
    assert "One mail waits for a person" in scene.page("/")
    answer = scene.rep.post(f"/unmatched/{inbound_id}/answer")
    scene.work()
    (handoff,) = answering.handoffs(scene.database)
    assert answer.headers["location"] == f"/handoffs/{handoff.id}"
    assert (state(scene), handoff.claimed_by) == (InboundState.understood, talking.RITA)
    assert "Do you repair bells?" in scene.page(f"/handoffs/{handoff.id}")
    fields = {"version": str(handoff.version), "draft_id": "d1", "text": "We do, come by."}
    assert scene.rep.post(f"/handoffs/{handoff.id}/answer", **fields).status_code == 303
    (mail,) = [row for row in sending.messages(scene.database) if row.kind is MessageKind.answer]
    letter = mail.letter or {}
    assert (letter["subject"], letter["in_reply_to"]) == ("Re: Bells", "<b1@elsewhere.example>")
    assert "One mail waits" not in scene.page("/")


def test_a_strangers_mail_is_matched_by_a_person_and_its_way_can_be_followed(scene: Scene, hello: Message) -> None:
    inbound_id = scene.comes(Post(ASKS))
    assert scene.rep.post(f"/unmatched/{inbound_id}/match", customer=str(hello.customer_id)).status_code == 303
    assert scene.goes_out(sending.day(2)) == [], "they are held from this moment"
    scene.work()
    page = scene.page("/replies/1")
    assert "Known by one of us, by hand" in page
    assert f"{talking.RITA}: match" in page
    assert f"Matched by {talking.RITA}." in page
    assert len(answering.handoffs(scene.database)) == 1


def test_a_mail_that_cannot_be_read_holds_its_writer_and_a_person_looks_at_it(scene: Scene, hello: Message) -> None:
    written = Written(to=(answering.to(hello),))
    inbound_id = scene.comes(Post(written, raw=answering.UNREADABLE))
    assert state(scene) is InboundState.unreadable
    assert scene.goes_out(sending.day(2)) == []
    (handoff,) = answering.handoffs(scene.database)
    assert f"/unmatched/{inbound_id}" in scene.rep.get(f"/handoffs/{handoff.id}").text
    assert len(scene.notices()) == 1
    page = scene.page(f"/unmatched/{inbound_id}")
    assert "It stands in their conversation" in page
    assert scene.rep.get(f"/mails/{inbound_id}/raw.eml").content == answering.UNREADABLE
    assert scene.rep.post(f"/unmatched/{inbound_id}/discard").status_code == 303
    assert len(answering.handoffs(scene.database)) == 1


def test_a_mail_that_nobody_can_read_or_knows_is_given_to_a_customer_by_hand(scene: Scene, hello: Message) -> None:
    inbound_id = scene.comes(Post(Written(sender=STRANGER), raw=answering.UNREADABLE))
    assert "cannot be read" in scene.page("/unmatched")
    assert scene.rep.post(f"/unmatched/{inbound_id}/match", customer=str(hello.customer_id)).status_code == 303
    scene.work()
    (handoff,) = answering.handoffs(scene.database)
    assert handoff.customer_id == hello.customer_id
    assert scene.goes_out(sending.day(2)) == []


def test_files_that_came_with_it_are_named_to_the_rep_and_lie_in_the_raw_mail(scene: Scene, hello: Message) -> None:
    raw = (
        b"From: ana@buyers.example\r\nSubject: A dent\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\n"
        b"The bell has a dent, it is broken. See the photo.\r\n--q\r\nContent-Type: image/jpeg\r\n"
        b'Content-Disposition: attachment; filename="../dent <b>.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        b"/9j/4AAQ\r\n--q--\r\n"
    )
    inbound_id = scene.comes(Post(Written(to=(answering.to(hello),)), raw=raw))
    assert "With it came: dent <b>.jpg" in scene.notices()[0]
    assert "1 file with it: dent &lt;b&gt;.jpg" in scene.page("/handoffs/1")
    assert "dent &lt;b&gt;.jpg image/jpeg, 6 bytes" in scene.page("/replies/1")
    assert scene.rep.get(f"/mails/{inbound_id}/raw.eml").content == raw
