"""Many durations as counts by tenths of a millisecond, so that those of several runs can be added."""

from collections import Counter
from collections.abc import Iterable, Mapping

Spread = Mapping[str, int]  # by milliseconds, in words because JSON has no numbers for keys


def of(seconds: Iterable[float]) -> Counter[str]:
    return Counter(f"{1000 * each:.1f}" for each in seconds)


def said(spread: Spread) -> str:
    """`0.3 ms, 99 % within 1.2 ms, 99.9 % within 4.0 ms`"""
    half, most, nearly = (within(spread, share) for share in (0.5, 0.99, 0.999))
    return f"{half:.1f} ms, 99 % within {most:.1f} ms, 99.9 % within {nearly:.1f} ms"


def within(spread: Spread, share: float) -> float:
    """Milliseconds that so many need at most."""
    left = share * sum(spread.values())
    for milliseconds in sorted(map(float, spread)):
        left -= spread[f"{milliseconds:.1f}"]
        if left <= 0:
            return milliseconds
    return 0.0
