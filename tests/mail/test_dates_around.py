"""Times that people name without a date."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.mail import dates_around, dates_named

ON = date(2026, 9, 1)
NAMED = [
    ("try me in the spring", date(2027, 4, 1)),
    ("after Christmas please", date(2027, 1, 7)),
    ("in the new year", date(2027, 1, 7)),
    ("once Easter is over", date(2027, 3, 30)),
    ("Pick it up in Q4", date(2026, 10, 1)),
    ("Harvest time, call it October", date(2026, 10, 1)),
    ("mid November we should have moved in", date(2026, 11, 15)),
    ("at the end of the month", date(2026, 10, 1)),
    ("fino a fine ottobre", date(2026, 11, 1)),
    ("Ende November wieder", date(2026, 12, 1)),
    ("decorators in till the 22nd", date(2026, 9, 22)),
    ("back on the 1st", date(2026, 10, 1)),
    ("jusqu'au 15", date(2026, 9, 15)),
    ("hasta el 15", date(2026, 9, 15)),
    ("im Frühjahr gern", date(2027, 4, 1)),
    ("misschien in het najaar", date(2026, 10, 1)),
    ("in three hours", None),
    ("it may take a while", None),
    ("until 5 pm", None),
    ("we only got it in July", None),
    ("not now", None),
]


@pytest.mark.parametrize(("text", "day"), NAMED)
def test_a_time_without_a_date_is_a_day(text: str, day: date | None) -> None:
    assert dates_around.around(text, ON) == day


@pytest.mark.parametrize(("year", "day"), [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)),
                                           (2026, date(2026, 4, 5)), (2038, date(2038, 4, 25))])  # fmt: skip
def test_easter_falls_where_the_calendar_has_it(year: int, day: date) -> None:
    assert dates_around.easter(year) == day


@pytest.mark.parametrize(("text", "day"), [("away until the end of October", date(2026, 11, 1)),
                                           ("fuori fino a fine ottobre", date(2026, 11, 1)),
                                           ("bis Mitte Oktober im Ausland", date(2026, 10, 15)),
                                           ("until October", date(2026, 10, 1))])  # fmt: skip
def test_until_the_end_of_a_month_is_after_it(text: str, day: date) -> None:
    assert dates_named.until(text, ON) == day


@given(st.text(max_size=200), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_any_text_names_a_day_to_come_or_none(text: str, on: date) -> None:
    day = dates_around.around(text, on)
    assert day is None or on < day <= on + dates_around.FARTHEST


@pytest.mark.parametrize("text", ["back in ² weeks", "until ²", "until May ²", "the ³rd"])
def test_a_raised_digit_is_no_number(text: str) -> None:
    assert dates_named.until(text, ON) in (None, date(2027, 5, 1))
    assert dates_named.in_a_while(text, ON) is None
