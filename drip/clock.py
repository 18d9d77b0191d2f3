"""Real time; business time is in `drip.models.system`, because it lives in SQL."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The wall clock of this machine, aware UTC: for leases, deadlines and sessions, never for what is due."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never jump: for the stale gate and for measuring."""
    return time.monotonic()
