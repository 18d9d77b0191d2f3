"""The calendar over all zones and ten years, and against a second, slower way to the same answer."""

import importlib.resources
import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drip.campaigns import calendar

EVERY_DAY = frozenset(range(7))
OFFICE = calendar.Hours(time(9), time(17), frozenset(range(5)))
ZONES = sorted(calendar.zone_names())
FIRST, LAST = date(2020, 1, 1), date(2030, 12, 31)
DAYS = (LAST - FIRST).days
# Zones whose clocks jump by night, at midnight, by half an hour, by a whole day, or often.
AWKWARD = [
    "Africa/Casablanca", "America/Asuncion", "America/Havana", "America/Nuuk", "America/Santiago",
    "America/Scoresbysund", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza", "Asia/Tehran",
    "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Dublin", "Europe/London", "Pacific/Apia",
    "Pacific/Chatham", "America/New_York", "UTC",
]  # fmt: skip

zones = st.sampled_from(AWKWARD) | st.sampled_from(ZONES)
instants = st.integers(1_262_304_000, 1_924_992_000).map(lambda second: datetime.fromtimestamp(second, UTC))
minutes = st.integers(0, 24 * 60 - 1)


@st.composite
def windows(draw: st.DrawFn) -> calendar.Hours:
    opens, closes = sorted(draw(st.lists(minutes, min_size=2, max_size=2, unique=True)))
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    holidays = draw(st.frozensets(st.dates(date(2010, 1, 1), date(2031, 1, 1)), max_size=3))
    return calendar.Hours(_wall(opens), _wall(closes), days, holidays)


def _wall(minute: int) -> time:
    return time(minute // 60, minute % 60)


def distinct_zones() -> list[str]:
    """One name of each set of names that share one tzdata file: links keep the same time by definition."""
    files = importlib.resources.files("tzdata") / "zoneinfo"
    paths = {name: files.joinpath(*name.split("/")) for name in ZONES}
    named = {path.read_bytes() if path.is_file() else name: name for name, path in paths.items()}
    return sorted(named.values())


@pytest.mark.parametrize("name", distinct_zones())
def test_every_day_of_ten_years_has_its_slot_at_nine_by_the_wall_clock(name: str) -> None:
    zone = ZoneInfo(name)
    nine = calendar.Hours(time(9), time(17), EVERY_DAY)
    anchor = datetime(2020, 1, 1, 12, tzinfo=zone).astimezone(UTC)
    for day in range(DAYS):
        local = calendar.planned(anchor, day, nine, zone).astimezone(zone)
        assert (local.date(), local.time()) == (FIRST + timedelta(days=day), time(9))


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("opens", [time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(3)])
def test_openings_at_night_come_once_a_day_and_in_order(name: str, opens: time) -> None:
    zone = ZoneInfo(name)
    hours = calendar.Hours(opens, time(23, 59), EVERY_DAY)
    anchor = datetime(2020, 1, 1, 12, tzinfo=zone).astimezone(UTC)
    slots = [calendar.planned(anchor, day, hours, zone) for day in range(DAYS)]
    assert all(before < after for before, after in itertools.pairwise(slots))
    assert [calendar.local_date(slot, zone) for slot in slots] == [FIRST + timedelta(n) for n in range(DAYS)]


@given(instants, st.integers(0, 800), windows(), zones)
@settings(deadline=None)
def test_a_step_is_always_planned_inside_the_window(
    anchor: datetime, day: int, hours: calendar.Hours, name: str
) -> None:
    zone = ZoneInfo(name)
    due = calendar.planned(anchor, day, hours, zone)
    local = due.astimezone(zone)
    assert calendar.is_open(due, hours, zone)
    assert local.weekday() in hours.days
    assert local.date() not in hours.holidays
    assert hours.opens <= local.time() < hours.closes


@given(instants, st.integers(0, 800), windows(), zones)
@settings(deadline=None)
def test_a_later_day_is_never_planned_earlier(anchor: datetime, day: int, hours: calendar.Hours, name: str) -> None:
    zone = ZoneInfo(name)
    assert calendar.planned(anchor, day, hours, zone) <= calendar.planned(anchor, day + 1, hours, zone)


@given(instants, st.integers(0, 800), windows(), zones)
@example(datetime(2026, 9, 1, 12, tzinfo=UTC), 1, calendar.Hours(time(22), time(23), EVERY_DAY), "Etc/GMT+12")
@example(datetime(2026, 9, 1, 12, tzinfo=UTC), 1, calendar.Hours(time(0), time(1), EVERY_DAY), "Etc/GMT-14")
@settings(max_examples=200, deadline=None)
def test_a_step_is_planned_where_a_search_minute_by_minute_finds_it(
    anchor: datetime, day: int, hours: calendar.Hours, name: str
) -> None:
    zone = ZoneInfo(name)
    assert calendar.planned(anchor, day, hours, zone) == naive_planned(anchor, day, hours, zone)


@given(instants, windows(), zones)
@settings(deadline=None)
def test_the_next_opening_is_open_and_not_before_now(at: datetime, hours: calendar.Hours, name: str) -> None:
    zone = ZoneInfo(name)
    opening = calendar.next_open(at, hours, zone)
    assert opening >= at
    assert calendar.is_open(opening, hours, zone)


@given(instants, windows(), zones, st.integers(1, 60 * 48))
@settings(max_examples=200, deadline=None)
def test_nothing_is_open_between_now_and_the_next_opening(
    at: datetime, hours: calendar.Hours, name: str, minute: int
) -> None:
    zone = ZoneInfo(name)
    between = at + timedelta(minutes=minute)
    if between < calendar.next_open(at, hours, zone):
        assert not calendar.is_open(between, hours, zone)


@given(instants, windows(), zones, st.integers(1, 31))
@settings(deadline=None)
def test_another_day_is_at_least_that_many_local_days_away(
    at: datetime, hours: calendar.Hours, name: str, days: int
) -> None:
    zone = ZoneInfo(name)
    later = calendar.next_day(at, hours, zone, days)
    assert calendar.local_date(later, zone) >= calendar.local_date(at, zone) + timedelta(days=days)
    assert calendar.is_open(later, hours, zone)


def naive_planned(anchor: datetime, day: int, hours: calendar.Hours, zone: ZoneInfo) -> datetime:
    """Walks local days; on each one turns UTC minutes into wall time until the wall shows the opening."""
    candidate = anchor.astimezone(zone).date() + timedelta(days=day)
    while True:
        if candidate.weekday() in hours.days and candidate not in hours.holidays:
            found = naive_opening(candidate, hours, zone)
            if found is not None:
                return found
        candidate += timedelta(days=1)


def naive_opening(day: date, hours: calendar.Hours, zone: ZoneInfo) -> datetime | None:
    """The first UTC minute whose wall clock shows `opens`; if it is jumped over, later by that jump.

    Somewhere a date begins 14 hours before it does in UTC, and somewhere it ends 12 hours after.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
    wanted = datetime.combine(day, hours.opens)
    previous: datetime | None = None
    for minute in range((26 + 24 + 14) * 60):
        at = start + timedelta(minutes=minute)
        wall = at.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
        if wall == wanted:
            return at
        if previous is not None and previous < wanted < wall:
            shifted = wanted + (wall - previous - timedelta(minutes=1))
            late = at + (shifted - wall)
            return late if shifted.date() == day and shifted.time() < hours.closes else None
        previous = wall
    return None
