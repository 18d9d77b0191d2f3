"""When a step is due: anchor, day, window and zone in, one instant out."""

from __future__ import annotations

import functools
import importlib.resources
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from drip import errors

SEARCH_DAYS = 400
NOT_PLACES = frozenset({"localtime", "Factory"})
# Zones of one country count as one zone when they agree every week from here on (Germany's two do).
SAME_TIME_FROM = datetime(2025, 1, 1, 12, tzinfo=UTC)
SAME_TIME_WEEKS = 52 * 12


class NoOpenDay(errors.DripError):
    """The window never opens: no allowed day within SEARCH_DAYS, or the calendar ends before it."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When we may write, on the customer's wall clock; Monday is day 0; `closes` itself is too late."""

    opens: time
    closes: time
    days: frozenset[int]
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """The zone we count a customer's days in, and whose zone it is."""

    zone_name: str
    why: Literal["customer", "country", "company"]


def planned(anchor_at: datetime, day: int, hours: Hours, zone: ZoneInfo) -> datetime:
    """The UTC instant of a step: opening time on the first allowed day at least `day` days after the anchor.

    Days are counted on the customer's calendar, from the anchor's local date.
    """
    return planned_from(local_date(anchor_at, zone), day, hours, zone)


def planned_from(anchor_on: date, day: int, hours: Hours, zone: ZoneInfo) -> datetime:
    """The same for an anchor that is known by its local date, which is all that matters of it."""
    return _first_opening(_later(anchor_on, day), hours, zone)


def is_open(at: datetime, hours: Hours, zone: ZoneInfo) -> bool:
    """Whether a mail may leave at this instant.

    The wall clock must show a time in the window on an allowed day. Where the clocks jump at an edge of
    the window, an opening that the clocks skip comes later (see `instant`), and a window that has closed
    once stays closed when the clocks go back.
    """
    local = _aware(at).astimezone(zone)
    day = local.date()
    if not _is_allowed(day, hours) or not hours.opens <= local.time() < hours.closes:
        return False
    return instant(day, hours.opens, zone) <= at < instant(day, hours.closes, zone)


def next_open(at: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """The first instant, `at` or later, that is open; UTC."""
    if is_open(at, hours, zone):
        return at.astimezone(UTC)
    for day in _days_from(local_date(at, zone)):
        for opening in _openings(day, hours, zone):
            if opening >= at and is_open(opening, hours, zone):
                return opening
    raise _never_opens(local_date(at, zone))


def next_day(at: datetime, hours: Hours, zone: ZoneInfo, days: int = 1) -> datetime:
    """The opening of the first allowed day that is at least `days` local days after that of `at`; UTC."""
    return _first_opening(_later(local_date(at, zone), days), hours, zone)


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The date on the customer's wall."""
    return _aware(at).astimezone(zone).date()


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the wall clock shows this time.

    A time that the clocks skip is moved forward by as much as they skip (02:30 becomes 03:30); of a time
    that comes twice, the first is meant. PEP 495, fold=0, is exactly this rule.
    """
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)


@functools.cache
def zone_names() -> frozenset[str]:
    """Every IANA zone name that this machine knows."""
    return frozenset(zoneinfo.available_timezones() - NOT_PLACES)


@functools.lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; LookupError for anything else, hostile names included."""
    if name not in zone_names():
        raise LookupError(f"There is no time zone {name[:80]!r}.")
    return ZoneInfo(name)


def zone_for(timezone: str | None, country: str | None, company_timezone: str) -> ZoneChoice:
    """The customer's own zone if known, else the country's if it keeps one time only, else the company's."""
    if timezone is not None and timezone in zone_names():
        return ZoneChoice(timezone, "customer")
    only = zone_of_country(country) if country else None
    return ZoneChoice(only, "country") if only else ZoneChoice(company_timezone, "company")


def zone_of_country(country: str) -> str | None:
    """The zone of an ISO 3166 code (either case) if all of the country keeps the same time."""
    return _only_zone(country.strip().upper()[:2]) if len(country.strip()) == 2 else None


@functools.cache
def countries() -> dict[str, tuple[str, ...]]:
    """ISO 3166 code -> its zones, the most populous first where tzdata's zone.tab says so."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _position, name = line.split("\t")[:3]
            found[code] = (*found.get(code, ()), name)
    return found


@functools.lru_cache(maxsize=512)
def _only_zone(code: str) -> str | None:
    names = countries().get(code, ())
    if not names or names[0] not in zone_names():
        return None
    return names[0] if all(_same_time(names[0], other) for other in names[1:]) else None


def _same_time(name: str, other: str) -> bool:
    if other not in zone_names():
        return False
    zone, second = zone_of(name), zone_of(other)
    noons = (SAME_TIME_FROM + timedelta(weeks=week) for week in range(SAME_TIME_WEEKS))
    return all(noon.astimezone(zone).utcoffset() == noon.astimezone(second).utcoffset() for noon in noons)


@functools.lru_cache(maxsize=16_384)
def _first_opening(first: date, hours: Hours, zone: ZoneInfo) -> datetime:
    for day in _days_from(first):
        if _is_allowed(day, hours):
            opening = instant(day, hours.opens, zone)
            if _falls_on(opening, day, hours, zone):
                return opening
    raise _never_opens(first)


def _falls_on(opening: datetime, day: date, hours: Hours, zone: ZoneInfo) -> bool:
    """Not so where the clocks skip the whole window, or the whole day (Apia had no 2011-12-30)."""
    local = opening.astimezone(zone)
    if local.date() == day and local.time() == hours.opens:
        return True
    return local.date() == day and is_open(opening, hours, zone)


def _openings(day: date, hours: Hours, zone: ZoneInfo) -> Iterator[datetime]:
    """The opening, and the same wall time again if the clocks go back over it."""
    yield instant(day, hours.opens, zone)
    yield datetime.combine(day, hours.opens.replace(fold=1), tzinfo=zone).astimezone(UTC)


def _is_allowed(day: date, hours: Hours) -> bool:
    return day.weekday() in hours.days and day not in hours.holidays


def _days_from(first: date) -> Iterator[date]:
    for offset in range(SEARCH_DAYS):
        yield _later(first, offset)


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise NoOpenDay(f"{days} days after {day} is beyond the calendar. Use an earlier day.") from None


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone; instants are aware.")
    return at


def _never_opens(first: date) -> NoOpenDay:
    return NoOpenDay(
        f"No day in the {SEARCH_DAYS} after {first} is open for mail. Check window, days and holidays in config.toml."
    )
