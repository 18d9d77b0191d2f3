"""Mails that wait are read and followed up together, and each as if it had come alone."""

import pytest

from drip import config, db
from drip.engine.replies import receive
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.models.reply import MatchedBy, Reply, ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.world import sending


def state(database: db.Database) -> list[InboundState]:
    return [mail.state for mail in answering.mails(database)]


@pytest.fixture
def letters(published_world: db.Database, settings: config.Settings) -> list[Message]:
    """The check-ins that twelve customers got."""
    names = [f"buyer{number}@buyers.example" for number in range(12)]
    sending.buy(published_world, *(world.Bought(email=name) for name in names))
    sending.sent(published_world, settings)
    return sending.messages(published_world)


def answered(database: db.Database, letters: list[Message], text: str = "When is the first service due?") -> list[int]:
    """A mail of each of them, waiting to be read."""
    mails = [Written(text, sender=str(each.to_address), to=(answering.to(each),)) for each in letters]
    return [answering.stored(database, answering.posted(each)) or 0 for each in mails]


def test_mails_that_wait_are_followed_up_together_and_each_in_its_own_conversation(
    published_world: db.Database, settings: config.Settings, letters: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receive, "LONGEST_READING", 60.0)  # however busy this machine is
    answered(published_world, letters)
    with sending.writes(published_world) as written:
        assert receive.understand_waiting(published_world, settings) == 12
    assert set(state(published_world)) == {InboundState.understood}
    replies, handoffs = answering.replies(published_world), answering.handoffs(published_world)
    assert {each.customer_id: each.handoff_id for each in replies} == {each.customer_id: each.id for each in handoffs}
    assert (len(handoffs), answering.notices(published_world)) == (12, 12)
    if published_world.is_sqlite:
        assert sum(each.startswith("BEGIN") for each in written) == 2  # begun and followed up


def test_a_mail_asks_the_database_for_little(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    answered(published_world, letters[:10])
    with sending.statements(published_world) as seen:
        receive.understand_waiting(published_world, settings)
    assert len(seen) <= 10 * 13


def test_two_mails_of_one_customer_are_followed_up_in_their_order(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    texts = ("The chain fell off. Can you help?", "And the bell is missing, too.", "Hello? Anybody?")
    for text in texts:
        answered(published_world, letters[:2], text)
    receive.understand_waiting(published_world, settings)
    replies = answering.replies(published_world)
    for who in {each.customer_id for each in replies}:
        said = [each.new_text.strip() for each in replies if each.customer_id == who]
        assert said == list(texts)
    assert [each.version for each in answering.handoffs(published_world)] == [3, 3]
    assert set(answering.holds(published_world)) == {Reason.handoff_open}


def test_who_is_left_for_the_next_transaction_is_left_with_all_that_they_wrote_later(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    """The second mail went to the addresses of both, and waits for the first; the third must wait for the second."""
    ana, ben = letters[:2]
    answered(published_world, [ana], "When is the first service due?")
    both = Written("The chain fell off.", sender=str(ben.to_address), to=(answering.to(ben), answering.to(ana)))
    answering.stored(published_world, answering.posted(both))
    answered(published_world, [ben], "Not now please.")
    receive.understand_waiting(published_world, settings)
    said = [each.new_text.strip() for each in answering.replies(published_world) if each.customer_id == ben.customer_id]
    assert said == ["The chain fell off.", "Not now please."]


def test_one_that_cannot_be_followed_up_takes_no_other_along(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    ids = answered(published_world, letters[:3])
    with published_world.write() as session:
        session.add(_in_the_way(ids[1], letters[1]))
    receive.understand_waiting(published_world, settings)
    assert state(published_world) == [InboundState.understood, InboundState.stored, InboundState.understood]
    assert [mail.attempts for mail in answering.mails(published_world)] == [2, 2, 2]


def test_what_was_tried_before_is_tried_alone(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    """It may be what ended the process, and the others with it."""
    ids = answered(published_world, letters[:3])
    sending.change(published_world, InboundMail, InboundMail.id == ids[1], attempts=1)
    with sending.writes(published_world) as written:
        receive.understand_waiting(published_world, settings)
    begun = [each for each in written if "attempts" in each]
    assert (len(begun), set(state(published_world))) == (2, {InboundState.understood})


def test_answers_to_mails_in_doubt_prove_each_of_them(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    sending.change(published_world, Message, state=MessageState.ambiguous, reason=Reason.no_answer)
    answered(published_world, letters[:3])
    receive.understand_waiting(published_world, settings)
    known = {row.id: row.state for row in sending.messages(published_world) if row.id in {one.id for one in letters}}
    assert [known[each.id] for each in letters[:4]] == [*[MessageState.accepted] * 3, MessageState.ambiguous]


def _in_the_way(inbound_id: int, about: Message) -> Reply:
    """A reply of the same mail: the next one is refused."""
    return Reply(
        inbound_id=inbound_id, customer_id=about.customer_id, kind=ReplyKind.list, matched_by=MatchedBy.token,
        evidence=[], mail_references=[], crossed=[], received_at=world.START,
    )  # fmt: skip
