"""Words and what they are about: one set of ideas for seven languages, so that what was learnt in one helps all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from drip.mail import patterns, words

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|\d+|[?!]+|:-?[)(D/]|[\U0001F300-\U0001FAFF❤⭐]")
# French writes two words as one: `n'arrive`, `d'eau`.
ELIDED = re.compile(r"\b(l|d|j|n|m|s|t|c|qu)'(?=\w)")
LONGEST_PHRASE = 4
SHORTEST_STEM, LONGEST_STEM = 2, 20
# Small words that only one of the languages has so often; they tell which one a reply is in.
SMALL_WORDS = {
    "en": "the and is it to of you we was with for that this are have i my not but be on in me at so just all your",
    "de": "der die das und ist nicht ich sie wir mit ein eine den dem zu auf für von aber auch noch mir uns bitte es "
    "habe hat bei wie",
    "fr": "le la les et est pas je vous nous un une des du de que qui pour dans ne ce mais avec sur au il elle merci",
    "es": "el la los y es no me que de un una en por con para lo se muy pero está las su mi al más gracias del ya",
    "it": "il la e è non che di un una per con mi ho ma più del al sono si lo gli le da ci grazie nel della",
    "nl": "de het een en is niet ik we van u op te dat in er maar mijn met voor ons heb hij bij aan wij zijn als om",
    "pt": "o a e é não que de um uma para com por em mas os as me do da no na está eu meu muito mais obrigado vocês já",
}
SMALL = {language: frozenset(small.split()) for language, small in SMALL_WORDS.items()}


@dataclass(frozen=True, slots=True)
class Idea:
    """What the tokens from `start` to `end` are about; a word can be about several things."""

    about: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Lexicon:
    whole: dict[str, tuple[str, ...]]
    stems: dict[str, tuple[str, ...]]


def tokens(text: str) -> list[str]:
    """Words in lower case, numbers, marks that ask or shout, and faces; linear in the text."""
    return TOKEN.findall(ELIDED.sub(r"\1 ", text.translate(patterns.APOSTROPHES).lower()))


def language(said: list[str]) -> str | None:
    """The language whose small words are the most; None if there are none."""
    counts = {each: sum(word in small for word in said) for each, small in SMALL.items()}
    best = max(LANGUAGES, key=lambda each: counts[each])
    return best if counts[best] else None


def ideas(said: list[str]) -> list[Idea]:
    """What is talked about, in order: the longest phrase first, in the reply's language and then in English."""
    spoken = language(said)
    order = [each for each in (spoken, "en") if each] if spoken else LANGUAGES
    return list(_ideas(said, [_lexicon(each) for each in dict.fromkeys(order)]))


def _ideas(said: list[str], lexicons: list[_Lexicon]) -> Iterator[Idea]:
    place = 0
    while place < len(said):
        about, length = _at(said, place, lexicons)
        if about:
            yield Idea(about, place, place + length)
        place += length


def _at(said: list[str], place: int, lexicons: list[_Lexicon]) -> tuple[tuple[str, ...], int]:
    for length in range(min(LONGEST_PHRASE, len(said) - place), 1, -1):
        phrase = " ".join(said[place : place + length])
        if about := next((found for each in lexicons if (found := each.whole.get(phrase))), None):
            return about, length
    return next((found for each in lexicons if (found := _word(each, said[place]))), ()), 1


def _word(lexicon: _Lexicon, word: str) -> tuple[str, ...]:
    if word in lexicon.whole:
        return lexicon.whole[word]
    longest = min(len(word), 20)
    return next(
        (lexicon.stems[word[:n]] for n in range(longest, SHORTEST_STEM - 1, -1) if word[:n] in lexicon.stems), ()
    )


@functools.cache
def _lexicon(language: str) -> _Lexicon:
    whole: dict[str, tuple[str, ...]] = {}
    stems: dict[str, tuple[str, ...]] = {}
    for about, lines in words.tables(f"concepts_{language}").items():
        for entry in " ".join(lines).split():
            is_stem = entry.endswith("*")
            into = stems if is_stem else whole
            key = entry[:-1] if is_stem else " ".join(tokens(entry.replace("_", " ")))
            if key and about not in into.get(key, ()):
                into[key] = (*into.get(key, ()), about)
    return _Lexicon(whole, stems)
