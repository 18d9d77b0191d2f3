"""Bars by day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drip.web import bars

DAYS = st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 10**6), max_size=60)


@given(DAYS)
def test_every_bar_is_inside_the_picture_and_all_of_them_add_up(found: dict[date, int]) -> None:
    plot = bars.plot(sorted(found.items()))
    if plot is None:
        assert not any(found.values())
        return
    assert plot.total == sum(found.values())
    for bar in plot.bars:
        assert 0 <= bar.x < bar.x + bar.width <= 100
        assert 0 <= bar.y <= bar.y + bar.height <= bars.FLOOR + 0.02
    assert max(bar.height for bar in plot.bars) == bars.FLOOR


def test_two_months_are_drawn_by_day_and_more_by_month() -> None:
    start = date(2026, 9, 1)
    short = bars.plot([(start, 1), (start + timedelta(days=60), 2)])
    long = bars.plot([(start, 1), (start + timedelta(days=90), 2)])
    assert short is not None
    assert long is not None
    assert (short.by, len(short.bars)) == ("day", 61)
    assert (long.by, [bar.title for bar in long.bars]) == ("month", ["Sep 2026: 1", "Oct 2026: 0", "Nov 2026: 2"])
