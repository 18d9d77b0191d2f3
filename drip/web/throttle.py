"""How often one place may knock: a bucket an address, kept in this process."""

import threading
from collections import OrderedDict

from drip import clock

BURST = 20
REFILL_SECONDS = 6.0  # one more try every six seconds
PLACES = 20_000  # the longest unseen is forgotten first, so that memory stays bounded


class Throttle:
    """Tokens left by place; accounts have their own count, in SQL."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def lets(self, place: str) -> bool:
        """Whether one more try from this place is fine; counts it."""
        with self._lock:
            left = self._tokens(place, clock.monotonic())
            if left >= 1:
                self._left[place] = (left - 1, clock.monotonic())
            return left >= 1

    def _tokens(self, place: str, now: float) -> float:
        left, since = self._left.pop(place, (float(BURST), now))
        left = min(BURST, left + (now - since) / REFILL_SECONDS)
        self._left[place] = (left, now)
        while len(self._left) > PLACES:
            self._left.popitem(last=False)
        return left
