"""Dates as shops and people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.providers.sheets import dates

DATES = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2026-03-01", "2026-03-01"),
        (" 2026-03-01 ", "2026-03-01"),
        ("2026-03-01 10:00:00 -0500", "2026-03-01T10:00:00-0500"),
        ("2026-03-01 10:00:00 UTC", "2026-03-01T10:00:00Z"),
        ("2026-03-01T10:00:00.123Z", "2026-03-01T10:00:00.123Z"),
        ("2026/3/1", "2026-03-01"),
        ("25/12/2025", "2025-12-25"),
        ("12/25/2025 3:04 PM", "2025-12-25T15:04:00"),
        ("3.4.2025", "2025-04-03"),
        ("04/04/2025", "2025-04-04"),
        ("1 Mar 2026", "2026-03-01"),
        ("March 1, 2026", "2026-03-01"),
    ],
)
def test_what_can_be_read_in_one_way_is(written: str, iso: str) -> None:
    assert dates.iso(written) == iso


@given(DATES.filter(lambda day: day.day <= 12 and day.day != day.month), st.sampled_from("/-"))
def test_what_could_be_two_dates_is_refused_with_the_way_out(day: date, mark: str) -> None:
    with pytest.raises(ValueError, match=r"could be two dates; say which with --date-format dmy, mdy or ymd"):
        dates.iso(f"{day:%d{mark}%m{mark}%Y}")


@given(DATES, st.sampled_from("/-."))
def test_a_format_settles_it(day: date, mark: str) -> None:
    assert dates.iso(f"{day:%d{mark}%m}{mark}{day.year:04}", "dmy") == day.isoformat()
    assert dates.iso(f"{day:%m{mark}%d}{mark}{day.year:04}", "mdy") == day.isoformat()


@given(DATES)
def test_iso_stays_iso_whatever_the_format(day: date) -> None:
    for date_format in (None, "dmy", "mdy", "ymd", "%d.%m.%Y"):
        assert dates.iso(day.isoformat(), date_format) == day.isoformat()


def test_a_pattern_of_ones_own_is_followed() -> None:
    assert dates.iso("01Mar26", "%d%b%y") == "2026-03-01"
    assert dates.iso("03/04/2025 05:06", "%d/%m/%Y %H:%M") == "2025-04-03T05:06:00"


@pytest.mark.parametrize(
    "written", ["3/4/25", "31/02/2025", "45689", "soon", "2025-13", "25/25/2025", "1/2/2025 99:99"]
)
def test_what_is_no_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        dates.iso(written, "dmy")


@given(st.text(max_size=30), st.sampled_from([None, "dmy", "mdy", "ymd"]))
def test_any_text_is_read_or_refused(text: str, date_format: str | None) -> None:
    try:
        assert dates.iso(text, date_format)
    except ValueError as error:
        assert str(error)  # noqa: PT017
