"""What the size of the house costs on PostgreSQL: a scheduler's tick with nothing due, a claim of 500, and the pages.

`make bench` or `python -m bench.scale [--enrollments 10000000] [--beside 10000]`; ten million take some 15 GB of disk
under $TMPDIR and ten minutes to write.
"""

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench import crowd, houses
from drip import config, db, queues
from drip.engine.sending import due
from drip.engine.telling import overview
from drip.models import system
from drip.models.message import MessageKind
from drip.web import metrics
from drip.web.reading import dashboard, today
from workers import process, scheduler, valkey

TICKS = 400
CLAIMS = 300
BATCH = 500
DAYS = 14
LEASE_SECONDS = 60
SERVER = {"shared_buffers": "2GB", "max_wal_size": "8GB", "wal_compression": "off"}  # as docs/performance.md advises


@dataclass(frozen=True)
class Place:
    """A filled house, and how many walk in it."""

    house: process.House
    redis: queues.Connection
    number: int


@dataclass(frozen=True)
class Cost:
    """Median milliseconds on the wall; CPU milliseconds of this process and of PostgreSQL's for it."""

    wall: float
    ours: float
    server: float

    @property
    def cpu(self) -> float:
        return self.ours + self.server


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--enrollments", type=int, default=1_000_000)
    asked.add_argument("--beside", type=int, default=10_000)
    told = asked.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, PostgreSQL")
    with tempfile.TemporaryDirectory(prefix="drip-bench-") as name, _servers(Path(name)) as settings:
        small, large = (_filled(settings, number) for number in (told.beside, told.enrollments))
        process.stop_looking_for_garbage()
        _tell_ticks(small, large)
        _tell_pages(small, large)
        _tell_claims(large)
        _tell_ticks(small, large)  # and after so many have left
        for place in (small, large):
            place.house.database.close()


@contextmanager
def _servers(folder: Path) -> Iterator[config.Settings]:
    """PostgreSQL and Valkey, running."""
    with houses.postgresql(folder, SERVER) as url:
        settings = config.load(houses.environ(folder, url, 1))
        cache = valkey.child(settings)
        cache.start()
        try:
            valkey.wait(settings)
            yield settings
        finally:
            cache.stop()


def _filled(settings: config.Settings, number: int) -> Place:
    started = time.monotonic()
    database = houses.published(houses.another(settings.database_url, f"of_{number}"))
    crowd.fill(database, number)
    print(f"{number:,} active enrollments written in {time.monotonic() - started:.0f} s, {_gigabytes(database):.1f} GB")
    return Place(process.House(settings, database), queues.connect(settings), number)


def _gigabytes(database: db.Database) -> float:
    with database.read() as session:
        return float(session.scalar(text("SELECT pg_database_size(current_database())")) or 0) / 1e9


def _tell_ticks(small: Place, large: Place) -> None:
    """By turns, so that whatever else the machine does meets both."""
    print("\n| with nothing due | enrollments | median ms | CPU ms here | CPU ms PostgreSQL | ratio | of CPU |")
    print("|---|---|---|---|---|---|---|")
    for name, work in (("tick", _tick), ("tick and sweep", _tick_and_sweep)):
        least, most = _by_turns(small, large, work)
        for place, cost in ((small, least), (large, most)):
            ratios = f"{cost.wall / least.wall:.2f} | {cost.cpu / least.cpu:.2f}"
            print(f"| {name} | {place.number:,} | {cost.wall:.2f} | {cost.ours:.2f} | {cost.server:.2f} | {ratios} |")


def _tick(place: Place) -> None:
    assert scheduler.tick(place.house, place.redis) == 0


def _tick_and_sweep(place: Place) -> None:
    scheduler.sweep(place.house)
    scheduler.ring_for_stored(place.house, place.redis)
    _tick(place)


def _by_turns(small: Place, large: Place, work: Callable[[Place], None]) -> tuple[Cost, Cost]:
    samples: dict[int, list[Cost]] = {small.number: [], large.number: []}
    for turn in range(TICKS):
        for place in (small, large) if turn % 2 else (large, small):
            samples[place.number].append(_cost(place, work))
    return _typical(samples[small.number]), _typical(samples[large.number])


def _typical(costs: list[Cost]) -> Cost:
    """The median on the wall; the CPU's clock is read as a mean, the first turns not counted."""
    known = costs[20:]
    return Cost(
        statistics.median(each.wall for each in known),
        statistics.median(each.ours for each in known),
        statistics.median(each.server for each in known),
    )


def _cost(place: Place, work: Callable[[Place], None]) -> Cost:
    backends = _backends(place)
    wall, ours, server = time.perf_counter(), time.process_time(), _cpu_ms(backends)
    work(place)
    took = (time.perf_counter() - wall) * 1000, (time.process_time() - ours) * 1000
    return Cost(*took, _cpu_ms(backends) - server)


def _backends(place: Place) -> list[int]:
    with place.house.database.read() as session:
        return list(session.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")))


def _cpu_ms(pids: list[int]) -> float:
    """To the nanosecond, from the scheduler of the kernel."""
    known = (Path(f"/proc/{pid}/schedstat") for pid in pids)
    return sum(int(path.read_text().split()[0]) for path in known if path.exists()) / 1e6


def _tell_claims(place: Place) -> None:
    took: list[float] = []
    for hour in range(24 * DAYS):
        _move_clock(place.house.database, crowd.FIRST_DUE + timedelta(hours=hour, seconds=30))
        while (milliseconds := _claim(place.house.database)) is not None:
            took.append(milliseconds)
        if len(took) >= CLAIMS:
            break
    p50, p99 = statistics.median(took), statistics.quantiles(took, n=100)[98]
    print(f"\n{len(took)} claims of {BATCH} due among {place.number:,}, commit included: "
          f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {max(took):.1f} ms")  # fmt: skip


def _move_clock(database: db.Database, at: datetime) -> None:
    with database.write() as session:
        system.move_clock(session, at - system.business_now(session))


def _claim(database: db.Database) -> float | None:
    """Milliseconds; None when fewer were left. What was claimed then leaves and walks on, so that nothing piles up."""
    started = time.perf_counter()
    with database.write(durable=False) as session:  # as the scheduler does
        lease = due.claim(session, BATCH, LEASE_SECONDS, (MessageKind.check_in,))
    took = (time.perf_counter() - started) * 1000
    if lease is None:
        return None
    with database.write() as session:
        token = {"token": lease.token}
        for statement in (_ONWARD, _SETTLED):
            session.execute(text(f"{statement} lease_token = :token AND messages.state = 'claimed'"), token)
    return took if lease.count == BATCH else None


_ONWARD = """UPDATE enrollments e SET planned_at = e.planned_at + interval '90 days', next_step = e.next_step || '+',
next_due_at = e.planned_at + interval '90 days' FROM messages WHERE enrollment_id = e.id AND"""
_SETTLED = (
    """UPDATE messages SET state = 'accepted', lease_token = NULL, lease_until = NULL, handed_at = due_at WHERE"""
)


PAGES: dict[str, Callable[[Place], object]] = {
    "/metrics, the first": lambda place: _read(place, lambda session: metrics.text(session, metrics.Totals())),
    "/metrics, the next": lambda place: _read(place, lambda session: metrics.text(session, _COUNTED)),
    "drip status": lambda place: _read(place, lambda session: overview.look(session, config.Mode.sandbox)),
    "the dashboard, 30 days": lambda place: _read(place, lambda session: dashboard.dashboard(session, _ZONE, 30)),
    "today": lambda place: _read(place, lambda session: today.today(session, _ZONE)),
}
_COUNTED = metrics.Totals()
_ZONE = ZoneInfo("America/New_York")


def _read(place: Place, look: Callable[..., object]) -> None:
    with place.house.database.read() as session:
        look(session)


def _tell_pages(small: Place, large: Place) -> None:
    print("\n| page, median ms of 9 | " + " | ".join(f"{place.number:,}" for place in (small, large)) + " |")
    print("|---|---|---|")
    for name, look in PAGES.items():
        took = (statistics.median(_cost(place, look).wall for _ in range(9)) for place in (small, large))
        print(f"| {name} | " + " | ".join(f"{each:.1f}" for each in took) + " |", flush=True)


if __name__ == "__main__":
    main()
