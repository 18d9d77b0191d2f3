"""Dates as shops and people write them -> ISO 8601. What could be two dates is refused."""

import re
from datetime import datetime

ORDERS = {"dmy": ("day", "month", "year"), "mdy": ("month", "day", "year"), "ymd": ("year", "month", "day")}
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?", re.I | re.A
)
_NUMBERS = re.compile(
    r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?:,?[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?", re.A
)
_SPELLED = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y")
HINT = "say which with --date-format dmy, mdy or ymd"


def iso(text: str, date_format: str | None = None, *, is_utc: bool = False) -> str:
    """An ISO date or time; `is_utc` where the column is known to be UTC and doesn't say so. Raises ValueError.

    `date_format`: None (ISO only, and what can be read in one way), dmy, mdy, ymd, or a pattern of strptime.
    """
    clean = text.strip()
    found = _ISO.fullmatch(clean)
    if found:
        return _joined(found[1], found[2], found[3] or ("Z" if is_utc else ""))
    if date_format and "%" in date_format:
        return _by_pattern(clean, date_format)
    numbers = _NUMBERS.fullmatch(clean)
    if numbers:
        return _of_numbers(clean, numbers, date_format) + ("Z" if is_utc and numbers[5] else "")
    return _spelled(clean)


def known_format(text: str) -> str:
    """A usable `--date-format`; ValueError for anything else."""
    if text.lower() in ORDERS:
        return text.lower()
    if "%" in text:
        datetime(2025, 3, 4, 5, 6).strftime(text)  # noqa: DTZ001
        return text
    raise ValueError(f"{text!r} is not a date format; use dmy, mdy, ymd, or a pattern such as %d/%m/%Y")


def _joined(day: str, clock: str | None, offset: str) -> str:
    if not clock:
        return day
    return f"{day}T{clock}{'Z' if offset.upper() == 'UTC' else offset.upper()}"


def _by_pattern(text: str, pattern: str) -> str:
    try:
        at = datetime.strptime(text, pattern)  # noqa: DTZ007
    except ValueError:
        raise ValueError(f"{text[:40]!r} does not read as {pattern}") from None
    has_clock = any(mark in pattern for mark in ("%H", "%I", "%X", "%c", "%T", "%R"))
    return at.isoformat() if has_clock else at.date().isoformat()


def _of_numbers(text: str, found: re.Match[str], date_format: str | None) -> str:
    first, mark, second, third = found[1], found[2], found[3], found[4]
    order = ORDERS[date_format] if date_format else _order(text, first, second, mark)
    parts = dict(zip(order, (first, second, third), strict=True))
    if len(parts["year"]) != 4:
        raise ValueError(f"{text[:40]!r} must have a year of four digits")
    try:
        at = datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]))  # noqa: DTZ001
        return at.date().isoformat() if not found[5] else f"{at.date().isoformat()}T{_clock(found)}"
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not a date: {error}") from None


def _order(text: str, first: str, second: str, mark: str) -> tuple[str, ...]:
    """Years first and German dots speak for themselves, and so does a 25; 03/04/2025 does not."""
    if len(first) == 4:
        return ORDERS["ymd"]
    if mark == "." or int(first) > 12 or first.zfill(2) == second.zfill(2):
        return ORDERS["dmy"]
    if int(second) > 12:
        return ORDERS["mdy"]
    raise ValueError(f"{text[:40]!r} could be two dates; {HINT}")


def _clock(found: re.Match[str]) -> str:
    hour, half = int(found[5]), (found[8] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return datetime(2025, 1, 1, hour, int(found[6]), int(found[7] or 0)).time().isoformat()  # noqa: DTZ001


def _spelled(text: str) -> str:
    for pattern in _SPELLED:
        try:
            return datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError(f"{text[:40]!r} is not a date; write 2026-03-01 or 2026-03-01T10:00:00-05:00, or {HINT}")
