"""The subject of a notice says who, what and how urgent, and nothing that somebody wrote can break it."""

import pytest
from hypothesis import given, strategies

from drip import db
from drip.engine.handoffs import hand_off, headline
from drip.models.handoff import Priority
from drip.models.message import MessageKind
from drip.models.reply import ReplyKind
from tests.world import sending, talking

WORDS = "When is the first service due? I ride 40 km a day, and the chain has begun to make a noise."


def subject(kind: ReplyKind | None, words: str = "It squeaks.", priority: Priority = Priority.medium) -> str:
    return headline.of(headline.News("Ana Ribeiro", "Gannet Wagon", kind, words, "I phoned her.", priority))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ReplyKind.question, "Ana Ribeiro asks about the Gannet Wagon: It squeaks."),
        (ReplyKind.problem, "Ana Ribeiro has a problem: It squeaks."),
        (ReplyKind.buying, "Ana Ribeiro thinks of buying: It squeaks."),
        (ReplyKind.praise, "Ana Ribeiro has kind words: It squeaks."),
        (ReplyKind.unclear, "Ana Ribeiro answered: It squeaks."),
        (None, "Ana Ribeiro: I phoned her."),
    ],
)
def test_it_says_who_and_what(kind: ReplyKind | None, expected: str) -> None:
    assert subject(kind) == expected


def test_what_is_urgent_says_so_first() -> None:
    assert subject(ReplyKind.problem, priority=Priority.urgent) == "Urgent: Ana Ribeiro has a problem: It squeaks."


def test_without_words_or_product_it_still_is_a_sentence() -> None:
    assert subject(ReplyKind.problem, "") == "Ana Ribeiro has a problem"
    assert headline.of(headline.News("Ana", "", ReplyKind.question, "When?", "")) == "Ana asks: When?"


def test_long_words_are_cut() -> None:
    said = subject(ReplyKind.question, WORDS)
    assert said.startswith("Ana Ribeiro asks about the Gannet Wagon: When is the first service due?")
    assert said.endswith("…")


@given(who=strategies.text(max_size=300), product=strategies.text(max_size=300), words=strategies.text(max_size=300),
       kind=strategies.sampled_from([None, *ReplyKind]), priority=strategies.sampled_from(Priority))  # fmt: skip
def test_it_is_one_printable_line_that_fits_whatever_they_write(
    who: str, product: str, words: str, kind: ReplyKind | None, priority: Priority
) -> None:
    said = headline.of(headline.News(who, product, kind, words, words, priority))
    assert len(said) <= 78
    assert said.isprintable()


def test_a_notice_carries_it_and_no_header_of_the_writers(published_world: db.Database) -> None:
    sending.buy(published_world)
    said = talking.Said("Help!\r\nBcc: all@buyers.example", kind=ReplyKind.question, priority=Priority.urgent)
    talking.wrote(published_world, sending.customer_id(published_world), said)
    with published_world.write() as session:
        hand_off.tell(session, talking.replied(session, sending.customer_id(published_world)), "Kind words.")
    subjects = {str((row.letter or {})["subject"]) for row in talking.sent(published_world, MessageKind.notice)}
    assert subjects == {
        "Urgent: Ana asks about the Quay 3: Help! Bcc: all@buyers.example",
        "Ana has a problem: The bell squeaks.",
    }
