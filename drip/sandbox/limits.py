"""The vendor's rate limit headers on every answer of its API.

mail/send takes 10,000 requests a second (the vendor's FAQ); the sandbox counts, and refuses only when told.
"""

from drip.sandbox import clock

LIMIT = 10_000


class RateLimit:
    def __init__(self) -> None:
        self._second = 0
        self._used = 0

    def headers(self, *, exhausted: bool = False) -> dict[str, str]:
        second = int(clock.unix())
        if second != self._second:
            self._second, self._used = second, 0
        self._used += 1
        remaining = 0 if exhausted else max(0, LIMIT - self._used)
        return {
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(second + 1),
        }
