"""The traits of a reply that its kind is weighed by: words, pieces of words, ideas and shape, each a hashed number."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt

from drip.mail import concepts

SLOTS = 1 << 16
MOST_TOKENS = 600
WORDS, PIECES, IDEAS, SHAPE = 1.0, 1.0, 1.2, 0.35
PIECE_LENGTHS = (2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Trait:
    """A slot of the table of weights, how much it counts, and the tokens that show it."""

    slot: int
    value: float
    start: int
    end: int


def of(text: str, hints: Iterable[str] = ()) -> tuple[list[Trait], list[str]]:
    """The traits of a text, and its tokens. `hints`: what other rules say of it."""
    said = concepts.tokens(text)
    if len(said) > MOST_TOKENS:  # a long story says what it wants at its start or its end
        said = said[: MOST_TOKENS // 2] + said[-MOST_TOKENS // 2 :]
    traits = [
        *_weighed(_words(said), WORDS),
        *_weighed(_pieces(said), PIECES),
        *_weighed(_ideas(said), IDEAS),
        *(Trait(_slot(name), SHAPE, 0, 0) for name in _shape(text, said, hints)),
    ]
    return traits, said


def _weighed(named: Iterator[tuple[str, int, int]], weight: float) -> list[Trait]:
    """Each name once; a long text does not count more than a short one."""
    once = {name: (start, end) for name, start, end in reversed(list(named))}
    value = weight / sqrt(len(once) or 1)
    return [Trait(_slot(name), value, start, end) for name, (start, end) in once.items()]


def _words(said: list[str]) -> Iterator[tuple[str, int, int]]:
    plain = ["0" if word.isdigit() else word[:1] if word[0] in "?!" else word for word in said]
    for length in (1, 2, 3):
        for start in range(len(plain) - length + 1):
            yield "w:" + " ".join(plain[start : start + length]), start, start + length


def _pieces(said: list[str]) -> Iterator[tuple[str, int, int]]:
    for place, word in enumerate(said):
        padded = f" {word[:24]} "
        for length in PIECE_LENGTHS:
            for start in range(len(padded) - length + 1):
                yield "p:" + padded[start : start + length], place, place + 1


def _ideas(said: list[str]) -> Iterator[tuple[str, int, int]]:
    found = concepts.ideas(said)
    for idea in found:
        yield from ((f"i:{about}", idea.start, idea.end) for about in idea.about)
    for apart in (1, 2):
        for first, then in zip(found, found[apart:], strict=False):
            yield from (
                (f"i:{apart}{one}>{other}", first.start, then.end) for one in first.about for other in then.about
            )
    if found:
        yield from ((f"i:^{about}", found[0].start, found[0].end) for about in found[0].about)
        yield from ((f"i:${about}", found[-1].start, found[-1].end) for about in found[-1].about)


def _shape(text: str, said: list[str], hints: Iterable[str]) -> Iterator[str]:
    yield f"s:length{min(6, len(said).bit_length())}"
    if "?" in text:
        yield "s:asks"
    if text.rstrip().endswith("?"):
        yield "s:ends asking"
    if "!" in text:
        yield "s:!"
    if any(letters.isupper() and len(letters) > 3 for letters in text[:2000].split()):
        yield "s:shouts"
    yield from (f"h:{hint}" for hint in hints)


def _slot(name: str) -> int:
    return zlib.crc32(name.encode()) % SLOTS
