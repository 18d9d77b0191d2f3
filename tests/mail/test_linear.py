"""The time that a mail takes grows with its size and not faster, whatever it holds: steps are counted, not seconds."""

import importlib
import re
import re._constants as constants  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from drip.mail import html_text, incoming, machines, quotes
from tests.mail import clients

READING = (
    "bodies", "bounces", "charsets", "contacts", "dates_named", "header_blocks", "header_values", "history",
    "html_tags", "html_text", "incoming", "machines", "mime", "quotes", "refusals", "reports", "rtf", "tails", "tnef",
)  # fmt: skip
REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, constants.POSSESSIVE_REPEAT)
FAR = 1_000  # repetitions: from here on a repeat counts as endless


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for name in READING:
        module = importlib.import_module(f"drip.mail.{name}")
        for called, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{name}.{called}", value


def inner(token: tuple[object, object]) -> Iterator[list[tuple[object, object]]]:
    """The sequences inside of one piece of a pattern."""
    pieces = token[1] if isinstance(token[1], (tuple, list)) else [token[1]]
    for piece in pieces:
        if isinstance(piece, parser.SubPattern):
            yield list(piece)
        elif isinstance(piece, list):
            yield from (list(each) for each in piece if isinstance(each, parser.SubPattern))


def is_endless(token: tuple[object, object]) -> bool:
    return token[0] in REPEATS and token[1][1] >= FAR  # type: ignore[index]


def holds_endless(tokens: list[tuple[object, object]]) -> bool:
    return any(is_endless(token) or any(holds_endless(each) for each in inner(token)) for token in tokens)


def may_blow_up(tokens: list[tuple[object, object]]) -> bool:
    """An endless repeat inside of an endless repeat, or before something that must follow it."""
    for place, token in enumerate(tokens):
        if is_endless(token):
            must_follow = any(each[0] not in REPEATS or each[1][0] > 0 for each in tokens[place + 1 :])  # type: ignore[index]
            if must_follow or any(holds_endless(each) for each in inner(token)):
                return True
        if any(may_blow_up(each) for each in inner(token)):
            return True
    return False


def test_no_pattern_that_reads_mail_can_blow_up() -> None:
    read = dict(patterns())
    assert len(read) >= 10
    assert [name for name, pattern in read.items() if may_blow_up(list(parser.parse(pattern.pattern)))] == []


@pytest.mark.parametrize("bad", [r"(a+)+", r"a+b", r"(?:x|\s*y)", r"(?:\w+\s?)*"])
def test_a_pattern_that_could_is_found(bad: str) -> None:
    assert may_blow_up(list(parser.parse(bad)))


def steps(work: Callable[[], object]) -> int:
    """How many calls of any kind a piece of work makes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


HOSTILE = [
    "a:\n", "wrote:\n", "x@y.example 2026 10:00:\n", "From: a\n", "> x\nFrom: a\n", "text\n\n> q\n", "--\n",
    "On 2026 a@b.example 10:00 wrote:\n", "On 2026 a@b.example 10:00 wrote:\n> q\nyes\n", "-----a-----\n",
    "Kind regards\n", "Sent from my iPhone\n", "Sent from my iPhone\n> q\n", "+49 30 1234567\n\n",
    "confidential recipient\n\n", ":", " ", "@", "1", ">", "<", "本：\n",
    *("\n".join(lines) + "\n" for lines in clients.INTRODUCTIONS.values()),
]  # fmt: skip
PAGES = ["<div>", "<", "<a ", '<a href="', "&", "&#", "<blockquote>", "</div>", "<p>a</p>", "<!--", "<a b=c>", "<x>"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_new_text_takes_twice_the_steps_for_twice_the_text(piece: str) -> None:
    small, large = (piece * (size // len(piece)) for size in (6_000, 12_000))
    assert steps(lambda: quotes.new_text(large)) < 2.3 * steps(lambda: quotes.new_text(small)) + 3_000


@pytest.mark.parametrize("piece", PAGES)
def test_html_takes_twice_the_steps_for_twice_the_page(piece: str) -> None:
    small, large = (piece * (size // len(piece)) for size in (20_000, 40_000))
    assert steps(lambda: html_text.read(large)) < 2.3 * steps(lambda: html_text.read(small)) + 1_000


BLOCKS = [
    "<div>From: a b</div>", "<div></div>", '<div class="gmail_quote"><p>a:</p></div><p>From: a</p>', "<td>wrote:</td>",
    '<a href="https://x.example/y">a</a>', "<br>", "<p>[[((&lt;&lt;</p>", '<b id="a" class="b c d" style="e">',
]  # fmt: skip


@pytest.mark.parametrize("piece", BLOCKS)
@pytest.mark.parametrize("above", ["", '<div class="gmail_quote">x</div>'])
def test_new_text_of_a_large_page_takes_few_steps(piece: str, above: str) -> None:
    """Half a million of them are 20 to 40 ms of a slow machine."""
    page = above + piece * (100_000 // len(piece))
    mail = incoming.parse(f"From: ana@b.example\nContent-Type: text/html\n\n{page}".encode())
    assert steps(lambda: quotes.new_text_of(mail)) < 500_000


@pytest.mark.parametrize(
    "head",
    ["Content-Type: multipart/mixed; boundary=b\n\n", "To: ", "Subject: ", "Content-Type: text/html\n\n", "A: ", ""],
)
@pytest.mark.parametrize("piece", ["--b\n", "a,", "(", '"', "=?q?", "<a@b.example>", "\n", "x: y\n", ";a=", "=20"])
def test_reading_takes_twice_the_steps_for_twice_the_mail(head: str, piece: str) -> None:
    def told(size: int) -> None:
        try:
            mail = incoming.parse((head + piece * (size // len(piece))).encode())
        except incoming.UnreadableMail:
            return
        machines.told(mail, frozenset())

    assert steps(lambda: told(20_000)) < 2.3 * steps(lambda: told(10_000)) + 3_000
