"""How long a process must wait here for a core of its own: measured, so that it is not laid at the product's door."""

import threading
import time
from collections import Counter
from pathlib import Path

from tests.faults import forks, spread

NAP_SECONDS = 0.001


def waited(thread_id: int) -> float:
    """Seconds in which this thread of ours was ready to run, and no core was free (0 where the kernel does not say)."""
    try:
        return int(Path(f"/proc/self/task/{thread_id}/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Sleeper:
    """Sleeps for a millisecond, again and again, and notes how much longer it took; alone in its process."""

    def __init__(self) -> None:
        self._late: list[float] = []
        threading.Thread(target=self._sleep_on, daemon=True).start()

    def tasks(self) -> dict[str, forks.Task]:
        return {"tell": self.tell}

    def tell(self) -> Counter[str]:
        """What it noted since it was last asked."""
        late, self._late = self._late, []
        return spread.of(late)

    def _sleep_on(self) -> None:
        while True:
            began = time.monotonic()
            time.sleep(NAP_SECONDS)
            self._late.append(time.monotonic() - began - NAP_SECONDS)
