"""Times as people read them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from drip.engine.telling import times

AT = datetime(2026, 9, 1, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("America/New_York", "Tue 1 Sep 2026, 09:00 EDT"),
        ("Asia/Kathmandu", "Tue 1 Sep 2026, 18:45 UTC+05:45"),
        ("Pacific/Marquesas", "Tue 1 Sep 2026, 03:30 UTC-09:30"),
        ("Pacific/Auckland", "Wed 2 Sep 2026, 01:00 NZST"),
    ],
)
def test_an_instant_is_told_with_weekday_and_zone(zone: str, said: str) -> None:
    assert times.at(AT, ZoneInfo(zone)) == said


def test_a_day_is_told_in_english_whatever_the_machine_speaks() -> None:
    assert times.on(date(2026, 3, 3)) == "Tue 3 Mar 2026"


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=40), "in less than a minute"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(hours=30), "in 1 day"),
        (timedelta(days=-3), "3 days ago"),
        (timedelta(days=400), "in 1 year"),
    ],
)
def test_a_distance_is_told_in_its_largest_unit(span: timedelta, said: str) -> None:
    assert times.apart(AT + span, AT) == said
