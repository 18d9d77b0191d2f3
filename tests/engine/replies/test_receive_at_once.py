"""Workers, the webhook, reps and an erasure on the same mails and customers at the same moment: nothing is lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from drip import config, db
from drip.engine.handoffs import answer
from drip.engine.people import erase
from drip.engine.replies import classify, follow_up, receive
from drip.mail import incoming
from drip.models import customer, inbound
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind
from drip.models.reply import ReplyKind
from tests import world
from tests.engine.replies import answering
from tests.engine.replies.answering import KEY, Written
from tests.engine.sending.test_gate_races import in_order, wait_until_blocked
from tests.world import sending, talking

BUYERS = 8


@pytest.fixture
def letters(published_world: db.Database, settings: config.Settings) -> list[Message]:
    """The check-ins that some customers got."""
    names = [f"buyer{number}@buyers.example" for number in range(BUYERS)]
    sending.buy(published_world, *(world.Bought(email=name) for name in names))
    sending.sent(published_world, settings)
    return sending.messages(published_world)


def written(message: Message, text: str) -> Written:
    return Written(text, sender=str(message.to_address), to=(answering.to(message),))


def waiting(database: db.Database, message: Message, text: str = "When is the first service due?") -> int:
    return answering.stored(database, answering.posted(written(message, text))) or 0


def read(inbound_id: int, message: Message, text: str = "And when is the second?") -> follow_up.Read:
    """As a worker has read it."""
    mail = incoming.parse(answering.raw(written(message, text)))
    return follow_up.Read(inbound_id, mail, classify.Meaning(ReplyKind.question, text))


def test_of_two_workers_who_have_seen_a_mail_waiting_one_reads_it(
    published_world: db.Database, letters: list[Message]
) -> None:
    ids = [waiting(published_world, each) for each in letters[:3]]

    def begin(session: Session) -> dict[int, int]:
        return inbound.try_to_read(session, ids, 0)

    assert in_order(published_world, begin, begin) == {}
    assert [mail.attempts for mail in answering.mails(published_world)] == [1, 1, 1]


def test_a_mail_that_another_worker_is_reading_is_left_to_it(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    inbound_id = waiting(published_world, letters[0])
    sending.change(published_world, InboundMail, attempts=1)
    receive.understand(published_world, settings, inbound_id, seen=0)
    (mail,) = answering.mails(published_world)
    assert (mail.state, mail.attempts) == (InboundState.stored, 1)


def test_a_mail_that_two_workers_have_read_is_followed_up_once(
    published_world: db.Database, letters: list[Message]
) -> None:
    mails = [read(waiting(published_world, each), each) for each in letters]

    def conclude(session: Session) -> list[follow_up.Read]:
        return follow_up.conclude_all(session, mails, KEY)

    assert in_order(published_world, conclude, conclude) == []
    assert len(answering.replies(published_world)) == len(answering.handoffs(published_world)) == BUYERS
    assert answering.notices(published_world) == BUYERS


def test_an_erasure_and_a_worker_do_not_wait_for_each_other_in_a_ring(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    """The worker has locked the mail and comes to the customer when the erasure is under way."""
    inbound_id, address = waiting(published_world, letters[0]), str(letters[0].to_address)

    def forget() -> erase.Erased:
        with published_world.write() as session:
            return erase.erase(session, address, settings.secret_key(), "admin")

    with ThreadPoolExecutor(1) as pool:
        with published_world.write() as session:
            row = inbound.locked(session, inbound_id, InboundState.stored)
            other = pool.submit(forget)
            wait_until_blocked(published_world, other)
            assert customer.lock(session, [letters[0].customer_id or 0])
            assert row is not None
            row.detail = "followed up"
        assert other.result(20).letters == 1
    (mail,) = answering.mails(published_world)
    assert (mail.state, mail.detail, mail.envelope_from) == (InboundState.discarded, "erased", "")


def in_talk(database: db.Database, mine: Message) -> tuple[int, follow_up.Read, answer.Words]:
    """A conversation, another mail of the customer's that has been read, and what the rep is about to answer."""
    talk = talking.wrote(database, mine.customer_id or 0)
    mail = read(waiting(database, mine), mine)
    return talk, mail, answer.Words("I will oil it.", "d1", version=talking.handoff(database, talk).version)


def test_an_answer_that_waits_for_a_worker_shows_what_has_come_in(
    published_world: db.Database, letters: list[Message]
) -> None:
    talk, mail, words = in_talk(published_world, letters[0])
    with pytest.raises(answer.ChangedError):
        in_order(
            published_world,
            lambda session: follow_up.conclude_all(session, [mail], KEY),
            lambda session: answer.answer(session, talk, words, talking.RITA),
        )
    assert talking.sent(published_world, MessageKind.answer) == []


def test_what_comes_while_an_answer_is_written_is_in_the_queue_again(
    published_world: db.Database, letters: list[Message]
) -> None:
    talk, mail, words = in_talk(published_world, letters[0])
    in_order(
        published_world,
        lambda session: answer.answer(session, talk, words, talking.RITA),
        lambda session: follow_up.conclude_all(session, [mail], KEY),
    )
    assert talking.handoff(published_world, talk).state == "open"
    assert len(talking.sent(published_world, MessageKind.answer)) == 1


def test_workers_posts_stops_and_erasures_at_once_lose_nothing(
    published_world: db.Database, settings: config.Settings, letters: list[Message]
) -> None:
    """Three workers read while mails of all customers come in, twice each, and two customers are erased."""
    texts = [f"When is service {number} due?" for number in range(4)]
    gone = [str(each.to_address) for each in letters[:2]]

    def post(mine: Sequence[Message]) -> None:
        for text in texts:
            for each in mine:
                for _ in range(2):
                    mail = answering.posted(written(each, text))
                    published_world.carry_through(lambda session, mail=mail: receive.store(session, mail, KEY))  # type: ignore[misc]

    def work() -> None:
        for _ in range(6):
            receive.understand_waiting(published_world, settings)

    def forget() -> None:
        for address in gone:
            published_world.carry_through(
                lambda session, address=address: erase.erase(session, address, settings.secret_key(), "admin")  # type: ignore[misc]
            )

    together(work, work, work, lambda: post(letters[:4]), lambda: post(letters[4:]), forget)
    for _ in range(2):
        receive.understand_waiting(published_world, settings)
    stay = [each.customer_id for each in letters[2:]]
    replies = [each for each in answering.replies(published_world) if each.customer_id in stay]
    assert sorted(each.new_text.strip() for each in replies) == sorted(texts * len(stay))
    assert sorted(each.customer_id for each in answering.handoffs(published_world)) == sorted(stay)  # type: ignore[type-var]
    assert InboundState.stored not in {mail.state for mail in answering.mails(published_world)}
    assert InboundState.unreadable not in {mail.state for mail in answering.mails(published_world)}


def together(*calls: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(calls)) as pool:
        for each in [pool.submit(call) for call in calls]:
            each.result(120)
