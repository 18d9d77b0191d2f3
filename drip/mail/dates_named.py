"""Dates that a letter names, in several languages: the day until which somebody is away or wants quiet."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from drip.mail import calendar_words

LONGEST_TEXT = 3_000
FARTHEST = timedelta(days=400)
# Words, and numbers with what glues a date together; no nested repetition.
TOKEN = re.compile(r"\d{1,4}(?:[./-]\d{1,2}(?:[./-](?:\d{4}|\d{2})?)?)?|[^\W\d_]+(?:['’-][^\W\d_]+)?|t/m")
# The same for Chinese, Japanese and Korean.
CHARACTERS = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]")
# So many tokens may stand between "until" and its date: "until and including Monday the 5th".
REACH = 6
ORDINALS = frozenset(["st", "nd", "rd", "th", "de", "of", "the", "er", "º", "ª"])


def until(text: str, on: date | None) -> date | None:
    """The latest day after `on` that stands behind a word such as until, back or ab; None if none does.

    Without `on` (the day of the letter) only dates that carry a year are understood.
    """
    words = TOKEN.findall(text[:LONGEST_TEXT].lower())
    found = [day for place, day in _days(words, on) if _introduced(words, place)] + _in_characters(text, on)
    later = [day for day in found if on is None or on < day <= on + FARTHEST]
    return max(later, default=None)


def plainly(text: str, on: date, farthest: timedelta) -> date | None:
    """The earliest coming day that is named by day and month, whatever stands before it: "try me on 5 October"."""
    words = TOKEN.findall(text[:LONGEST_TEXT].lower())
    days = (
        _with_month(words, place, on) or _numeric(word, on) for place, word in enumerate(words) if word[0].isdecimal()
    )
    return min((day for day in days if day and on < day <= on + farthest), default=None)


def _in_characters(text: str, on: date | None) -> list[date]:
    """9月14日まで, 9월 14일까지, 2026年9月14日 with a word for "until" or "back" around it."""
    found = []
    for match in CHARACTERS.finditer(text[:LONGEST_TEXT]):
        around = text[max(0, match.start() - 12) : match.end() + 12]
        if not any(said in around for said in calendar_words.AROUND_CHARACTERS):
            continue
        year, month, day = (int(piece) if piece else 0 for piece in match.groups())
        found.append(_made(year, month, day) if year else _coming(month, day, on))
    return [day for day in found if day is not None]


def _introduced(words: list[str], place: int) -> bool:
    return any(word in calendar_words.UNTIL for word in words[max(0, place - REACH) : place])


def _days(words: list[str], on: date | None) -> Iterator[tuple[int, date]]:
    for place, word in enumerate(words):
        if day := _day_at(words, place, word, on):
            yield place, day


def _day_at(words: list[str], place: int, word: str, on: date | None) -> date | None:
    if word[0].isdecimal():
        return _numeric(word, on) or _with_month(words, place, on)
    if word in calendar_words.MONTH_OF:
        return _month_first(words, place, on)
    if on is not None and word in calendar_words.WEEKDAY_OF:
        return on + timedelta(days=(calendar_words.WEEKDAY_OF[word] - on.weekday() - 1) % 7 + 1)
    return None


def _numeric(word: str, on: date | None) -> date | None:
    """2026-05-03, 3.5.2026, 3/5/26, 3.5.; month first only where the other order is no date."""
    pieces = [int(piece) for piece in re.split(r"[./-]", word) if piece]
    if len(pieces) == 3 and pieces[0] > 31:
        return _made(pieces[0], pieces[1], pieces[2])
    if len(pieces) == 3:
        year = pieces[2] + 2000 * (pieces[2] < 100)
        return _made(year, pieces[1], pieces[0]) or _made(year, pieces[0], pieces[1])
    if len(pieces) == 2:
        return _coming(pieces[1], pieces[0], on) or _coming(pieces[0], pieces[1], on)
    return None


def _with_month(words: list[str], place: int, on: date | None) -> date | None:
    """3 May, 3rd of May 2026, 3. Mai."""
    rest = [word for word in words[place + 1 : place + 5] if word not in ORDINALS]
    day = words[place].strip("./-")
    if not rest or rest[0] not in calendar_words.MONTH_OF or not day.isdecimal():
        return None
    return _dated(rest[1:2], calendar_words.MONTH_OF[rest[0]], int(day), on)


def _month_first(words: list[str], place: int, on: date | None) -> date | None:
    """May 3rd, 2026; a month alone is its first day, if a word before it makes it a date."""
    month = calendar_words.MONTH_OF[words[place]]
    if place and any(word[0].isdecimal() for word in words[max(0, place - 3) : place]):
        return None
    rest = [word for word in words[place + 1 : place + 4] if word not in ORDINALS]
    day = rest[0].strip("./-") if rest else ""
    if day.isdecimal() and len(day) <= 2:
        return _dated(rest[1:2], month, int(day), on)
    if len(words[place]) <= 3 and words[place] != "may":
        return None
    return _part_of(words[max(0, place - 3) : place], _dated([day], month, 1, on))


def _part_of(before: list[str], first: date | None) -> date | None:
    """Whoever is away until the end of March is not there in March."""
    if first is None or not calendar_words.END.isdisjoint(before):
        return first and (first + timedelta(days=32)).replace(day=1)
    return first if calendar_words.MIDDLE.isdisjoint(before) else first.replace(day=15)


def _dated(year: list[str], month: int, day: int, on: date | None) -> date | None:
    if year and year[0].isdecimal() and len(year[0]) == 4:
        return _made(int(year[0]), month, day)
    return _coming(month, day, on)


def _coming(month: int, day: int, on: date | None) -> date | None:
    """The next such day after `on`; one of the last weeks is past, not a year away."""
    this_year = _made(on.year, month, day) if on else None
    if on is None or this_year is None or this_year >= on - timedelta(days=60):
        return this_year
    return _made(on.year + 1, month, day)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def in_a_while(text: str, on: date) -> date | None:
    """`in two weeks`, `next month`, `nächste Woche` counted from `on`; None if nothing like it is said."""
    words = TOKEN.findall(text[:LONGEST_TEXT].lower())
    for place, word in enumerate(words):
        days = calendar_words.UNITS.get(word)
        before = words[max(0, place - 3) : place]
        if days and before and (count := _count(before)):
            return on + timedelta(days=days * count)
    return None


def _count(before: list[str]) -> int | None:
    for word in reversed(before):
        if word.isdecimal() and len(word) < 3:
            return int(word)
        if word in calendar_words.NEXT:
            return 1
        if word in calendar_words.COUNTS:
            return calendar_words.COUNTS[word]
    return None
