"""Counts by day as bars of text: the next four weeks day by day, what follows month by month."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

NEAR = timedelta(days=28)
WIDTH = 40


def plot(days: Mapping[date, int], today: date) -> Iterator[str]:
    """Lines to print; one sentence where nothing would go out."""
    if not days:
        yield "No check-in would go out."
        return
    total = sum(days.values())
    yield f"{total:,} check-in{'' if total == 1 else 's'} would go out, by the customers' own dates:"
    near = {day: count for day, count in sorted(days.items()) if day < today + NEAR}
    yield from _bars({f"{day:%a %d %b %Y}": count for day, count in near.items()})
    months: Counter[str] = Counter()
    edge = max(near, default=today)
    for day, count in sorted(days.items()):
        if day not in near:
            same_month = (day.year, day.month) == (edge.year, edge.month)
            months[f"{'rest of ' * same_month}{day:%B %Y}"] += count
    if months:
        yield "and after that:"
        yield from _bars(months)


def _bars(counts: Mapping[str, int]) -> Iterator[str]:
    most = max(counts.values(), default=1)
    for label, count in counts.items():
        yield f"  {label:<22} {count:>7,}  {'█' * max(1, round(WIDTH * count / most))}"
