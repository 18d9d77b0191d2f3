"""The calendar's rules, case by case."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from drip.campaigns import calendar

NEW_YORK = ZoneInfo("America/New_York")
WEEKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))
OFFICE = calendar.Hours(time(9), time(17), WEEKDAYS)
NIGHT = calendar.Hours(time(2, 30), time(10), EVERY_DAY)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_step_is_due_at_opening_on_the_customers_wall_clock() -> None:
    # Tuesday 1 September, 22:00 UTC is 18:00 in New York; three days on is Friday, 09:00 EDT = 13:00 UTC.
    assert calendar.planned(utc("2026-09-01T22:00"), 3, OFFICE, NEW_YORK) == utc("2026-09-04T13:00")


def test_days_are_counted_from_the_local_date_of_the_anchor() -> None:
    # 03:00 UTC on Wednesday is still Tuesday evening in New York.
    assert calendar.planned(utc("2026-09-02T03:00"), 1, OFFICE, NEW_YORK) == utc("2026-09-02T13:00")


def test_a_step_on_a_weekend_waits_for_monday() -> None:
    assert calendar.planned(utc("2026-09-01T15:00"), 4, OFFICE, NEW_YORK) == utc("2026-09-07T13:00")


def test_a_step_on_a_holiday_waits_for_the_next_allowed_day() -> None:
    hours = calendar.Hours(time(9), time(17), WEEKDAYS, frozenset({date(2026, 9, 7)}))
    assert calendar.planned(utc("2026-09-01T15:00"), 4, hours, NEW_YORK) == utc("2026-09-08T13:00")


def test_the_wall_clock_holds_across_the_change_to_summer_time() -> None:
    before = calendar.planned(utc("2027-03-10T15:00"), 2, OFFICE, NEW_YORK)
    after = calendar.planned(utc("2027-03-10T15:00"), 5, OFFICE, NEW_YORK)
    assert (before, after) == (utc("2027-03-12T14:00"), utc("2027-03-15T13:00"))


def test_an_opening_that_the_clocks_skip_moves_forward() -> None:
    # 2027-03-14, 02:30 does not exist in New York; it becomes 03:30 EDT.
    assert calendar.planned(utc("2027-03-13T15:00"), 1, NIGHT, NEW_YORK) == utc("2027-03-14T07:30")


def test_of_an_opening_that_comes_twice_the_first_is_meant() -> None:
    hours = calendar.Hours(time(1, 30), time(10), EVERY_DAY)
    assert calendar.planned(utc("2026-10-31T15:00"), 1, hours, NEW_YORK) == utc("2026-11-01T05:30")


def test_a_half_hour_summer_time_keeps_the_wall_clock() -> None:
    # Lord Howe goes from +10:30 to +11 on 2026-10-04 at 02:00; 02:15 becomes 02:45.
    howe = ZoneInfo("Australia/Lord_Howe")
    hours = calendar.Hours(time(2, 15), time(10), EVERY_DAY)
    assert calendar.planned(utc("2026-10-02T20:00"), 1, hours, howe) == utc("2026-10-03T15:45")


def test_a_day_that_a_place_never_had_is_passed_over() -> None:
    # Apia went from Thursday 29 to Saturday 31 December 2011.
    apia = ZoneInfo("Pacific/Apia")
    hours = calendar.Hours(time(9), time(17), EVERY_DAY)
    due = calendar.planned(utc("2011-12-29T20:00"), 1, hours, apia)
    assert due == calendar.instant(date(2011, 12, 31), time(9), apia)


def test_a_window_that_the_clocks_skip_whole_waits_for_the_next_day() -> None:
    hours = calendar.Hours(time(2, 10), time(2, 50), EVERY_DAY)
    assert calendar.planned(utc("2027-03-13T15:00"), 1, hours, NEW_YORK) == utc("2027-03-15T06:10")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-01T12:59:59", False),
        ("2026-09-01T13:00", True),
        ("2026-09-01T20:59:59", True),
        ("2026-09-01T21:00", False),
        ("2026-09-05T15:00", False),
    ],
)
def test_the_window_holds_its_opening_and_not_its_closing(at: str, expected: bool) -> None:
    assert calendar.is_open(utc(at), OFFICE, NEW_YORK) is expected


def test_a_window_that_closed_stays_closed_when_the_clocks_go_back() -> None:
    hours = calendar.Hours(time(0), time(1, 30), EVERY_DAY)
    assert calendar.is_open(utc("2026-11-01T05:15"), hours, NEW_YORK)
    assert not calendar.is_open(utc("2026-11-01T06:15"), hours, NEW_YORK)


def test_an_open_instant_needs_no_waiting() -> None:
    assert calendar.next_open(utc("2026-09-01T15:00"), OFFICE, NEW_YORK) == utc("2026-09-01T15:00")


def test_early_in_the_morning_the_next_opening_is_today() -> None:
    assert calendar.next_open(utc("2026-09-01T11:00"), OFFICE, NEW_YORK) == utc("2026-09-01T13:00")


def test_friday_evening_waits_for_monday() -> None:
    assert calendar.next_open(utc("2026-09-04T21:00"), OFFICE, NEW_YORK) == utc("2026-09-07T13:00")


def test_the_next_day_is_the_opening_of_another_local_day() -> None:
    assert calendar.next_day(utc("2026-09-01T15:00"), OFFICE, NEW_YORK) == utc("2026-09-02T13:00")


def test_the_next_day_can_be_a_week_away() -> None:
    assert calendar.next_day(utc("2026-09-01T15:00"), OFFICE, NEW_YORK, 7) == utc("2026-09-08T13:00")


def test_hours_without_a_day_are_refused_with_the_way_out() -> None:
    never = calendar.Hours(time(9), time(17), frozenset())
    with pytest.raises(calendar.NoOpenDay, match=r"Check window, days and holidays in config\.toml"):
        calendar.next_open(utc("2026-09-01T15:00"), never, NEW_YORK)


def test_a_day_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(calendar.NoOpenDay, match="beyond the calendar"):
        calendar.planned(utc("9999-12-01T15:00"), 3650, OFFICE, NEW_YORK)


def test_an_instant_without_zone_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="instants are aware"):
        calendar.local_date(datetime(2026, 9, 1), NEW_YORK)  # noqa: DTZ001


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Base",
        "../etc/passwd",
        "/etc/passwd",
        "America",
        "america/new_york",
        "UTC\n",
        "\0",
        "a" * 5000,
    ],
)
def test_a_name_that_is_no_zone_is_a_lookup_error(name: str) -> None:
    with pytest.raises(LookupError):
        calendar.zone_of(name)


def test_a_customers_own_zone_comes_first() -> None:
    choice = calendar.zone_for("Asia/Kathmandu", "DE", "America/New_York")
    assert choice == calendar.ZoneChoice("Asia/Kathmandu", "customer")


@pytest.mark.parametrize(
    ("country", "zone"),
    [("FR", "Europe/Paris"), ("de", "Europe/Berlin"), ("IN", "Asia/Kolkata"), ("NP", "Asia/Kathmandu")],
)
def test_a_country_that_keeps_one_time_stands_in_for_the_zone(country: str, zone: str) -> None:
    assert calendar.zone_for(None, country, "America/New_York") == calendar.ZoneChoice(zone, "country")


@pytest.mark.parametrize("country", ["US", "BR", "AU", "RU", "ES", None, "", "ZZ", "Germany", "é!"])
def test_a_country_of_several_times_or_none_leaves_the_companys_zone(country: str | None) -> None:
    choice = calendar.zone_for(None, country, "America/New_York")
    assert choice == calendar.ZoneChoice("America/New_York", "company")


def test_a_zone_that_does_not_exist_counts_as_unknown() -> None:
    assert calendar.zone_for("Mars/Base", "FR", "America/New_York").why == "country"
