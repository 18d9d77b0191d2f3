"""Bars by day as an SVG can draw them: everything in percent, so that it fits a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from drip.engine.telling import times

MOST_DAYS = 62
FLOOR = 82.0  # percent of the height: the line on which the bars stand


@dataclass(frozen=True, slots=True)
class Bar:
    """One day or month: its place and size in percent."""

    title: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Plot:
    """All bars, what the highest one is, and the first and last day."""

    bars: tuple[Bar, ...]
    most: int
    total: int
    first: str
    last: str
    by: str


def plot(days: Sequence[tuple[date, int]]) -> Plot | None:
    """By day for the first two months, by month if it goes on longer; None when there is nothing to draw."""
    days = [(day, number) for day, number in days if number]
    if not days:
        return None
    by_month = (days[-1][0] - days[0][0]).days > MOST_DAYS
    heaps = _by_month(days) if by_month else _by_day(days)
    most = max(number for _, number in heaps)
    step = 100 / len(heaps)
    bars = tuple(_bar(place * step, step, title, number, most) for place, (title, number) in enumerate(heaps))
    total = sum(number for _, number in days)
    return Plot(bars, most, total, times.on(days[0][0]), times.on(days[-1][0]), "month" if by_month else "day")


def _by_day(days: Sequence[tuple[date, int]]) -> list[tuple[str, int]]:
    known = dict(days)
    span = range(days[0][0].toordinal(), days[-1][0].toordinal() + 1)
    return [(times.on(date.fromordinal(each)), known.get(date.fromordinal(each), 0)) for each in span]


def _by_month(days: Sequence[tuple[date, int]]) -> list[tuple[str, int]]:
    """Months without any are drawn too, as gaps."""
    first, last = (day.year * 12 + day.month - 1 for day, _ in (days[0], days[-1]))
    heaps = dict.fromkeys(range(first, last + 1), 0)
    for day, number in days:
        heaps[day.year * 12 + day.month - 1] += number
    return [(f"{times.MONTHS[month % 12]} {month // 12}", number) for month, number in heaps.items()]


def _bar(x: float, width: float, title: str, number: int, most: int) -> Bar:
    height = FLOOR * number / most
    return Bar(f"{title}: {number:,}", round(x, 3), round(width * 0.8, 3), round(FLOOR - height, 2), round(height, 2))
