"""Times that a letter names without a date: "after Easter", "in the spring", "end of the month", "the 22nd", "Q3"."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from drip.mail import calendar_words, dates_named

# A time further away than this is more likely one that has gone by: "we only got it in March".
FARTHEST = timedelta(days=250)
WORD = re.compile(r"\bq[1-4]\b|\d+|[^\W\d_]+(?:['’-][^\W\d_]+)*")
MONTHS_TOO_COMMON = frozenset(["may", "march", "mars", "sept"])


def around(text: str, on: date) -> date | None:
    """The first day of the earliest such time after `on`; None if the text names none that is near."""
    words = WORD.findall(text[: dates_named.LONGEST_TEXT].lower().replace("new year", "newyear"))
    near = [day for day in _named(words, on) if on < day <= on + FARTHEST]
    return min(near, default=None)


def _named(words: list[str], on: date) -> Iterator[date]:
    for place, word in enumerate(words):
        found = _season(word, on) or _month(words, place, on) or _day_of_month(words, place, on)
        if found:
            yield found


def _season(word: str, on: date) -> date | None:
    if word in calendar_words.EASTER:
        this_year = easter(on.year) + timedelta(days=2)
        return this_year if this_year > on else easter(on.year + 1) + timedelta(days=2)
    if word in calendar_words.QUARTERS:
        return _coming(on, calendar_words.QUARTERS[word], 1)
    return _coming(on, *calendar_words.AROUND_OF[word]) if word in calendar_words.AROUND_OF else None


def _month(words: list[str], place: int, on: date) -> date | None:
    """A month by its name, or the one that is running, with its end or middle if that is said."""
    word, before = words[place], set(words[max(0, place - 4) : place])
    if word in calendar_words.THIS_MONTH and before & calendar_words.END:
        return _next_month(on)
    month = calendar_words.MONTH_OF.get(word)
    if month is None or len(word) < 4 or (word in MONTHS_TOO_COMMON and not before & {"until", "in", "till", "mid"}):
        return None
    first = _coming(on, month, 1) if month != on.month else on.replace(day=1)
    if before & calendar_words.END:
        return _next_month(first)
    return first.replace(day=15) if before & calendar_words.MIDDLE else first


def _day_of_month(words: list[str], place: int, on: date) -> date | None:
    """`the 22nd`, `le 15`: the next such day; "after 3 weeks" and "until 5 pm" are none."""
    word = words[place]
    if not word.isdecimal() or not 1 <= int(word) <= 31:
        return None
    after = words[place + 1] if place + 1 < len(words) else ""
    named = after in calendar_words.ORDINAL_ENDS or (place and words[place - 1] in calendar_words.DAY_BEFORE)
    followed = [one for one in words[place + 1 : place + 4] if one not in dates_named.ORDINALS]
    other = followed[:1] and (followed[0] in calendar_words.UNITS or followed[0] in calendar_words.HOURS)
    if not named or other or (followed and followed[0] in calendar_words.MONTH_OF):
        return None
    days = (
        _made(on.year + (on.month + ahead - 1) // 12, (on.month + ahead - 1) % 12 + 1, int(word)) for ahead in (0, 1, 2)
    )
    return next((day for day in days if day and day > on), None)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous rule of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    skew = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - skew - rest % 4) % 7
    late = (golden + 11 * skew + 22 * weekday) // 451
    month, day = divmod(skew + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _coming(on: date, month: int, day: int) -> date:
    this_year = date(on.year, month, day)
    return this_year if this_year > on else date(on.year + 1, month, day)


def _next_month(on: date) -> date:
    return (on.replace(day=1) + timedelta(days=32)).replace(day=1)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
