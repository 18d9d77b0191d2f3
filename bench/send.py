"""Mails a second from due to settled: real scheduler and workers, real databases, everything durable.

`make bench` or `python -m bench.send [--mails 6000] [--workers 2] [--delays 0 50]`.
"""

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench import bare_sender, ceiling, durable, houses, watching
from drip import clock, config, db, queues
from drip.engine.sending import draft, due
from drip.models import system
from drip.models.message import MessageKind


@dataclass(frozen=True)
class Measured:
    """One line of the table. Two ceilings from the same run: the client that only posts, and the one that also writes,
    durably, the rows that ours leaves behind."""

    database: str
    delay_ms: int
    mails: float
    client: float
    books: float
    cpu_ms: float
    commits: float
    kilobytes: float
    peak_mb: float

    def __str__(self) -> str:
        ceilings = " | ".join(f"{each:,.0f} | {self.mails / each:.2f}" for each in (self.client, self.books))
        return (
            f"| {self.database} | {self.delay_ms} ms | {self.mails:,.0f} | {ceilings} "
            f"| {self.cpu_ms:.2f} | {self.commits:.3f} | {self.kilobytes:.1f} | {self.peak_mb:.0f} |"
        )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mails", type=int, default=6000)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    asked.add_argument(
        "--delays", nargs="+", type=int, default=[0, 50], help="milliseconds before the provider answers"
    )
    told = asked.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()} of {sys.base_prefix}")
    print(f"{told.mails} mails, {told.workers} send worker(s)")
    print("| database | provider's answer | mails/s, due to settled | bare client | ratio | with bare books | ratio "
          "| CPU ms a mail | commits a mail | kB written a mail | peak MB of a process |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for delay_ms in told.delays:
        for kind in told.databases:
            print(_measure(kind, delay_ms, told.mails, told.workers), flush=True)


def _measure(kind: str, delay_ms: int, mails: int, workers: int) -> Measured:
    with houses.sink(delay_ms) as port, houses.opened(kind, port) as (settings, database):
        houses.sell(settings, database, mails)
        bodies = _bodies(settings, database)
        client = ceiling.mails_a_second(settings.api_host, bodies, mails, workers)
        with houses.processes(settings, workers) as crew:
            used, before = sum(map(watching.cpu_seconds, crew)), durable.so_far(database, crew)
            rate = _run(settings, database, mails)
            used = sum(map(watching.cpu_seconds, crew)) - used
            wrote = durable.so_far(database, crew).since(before)
            peak = max(map(watching.peak_megabytes, crew))
        groups = bare_sender.taken_out(database)
        books = bare_sender.mails_a_second(database, settings.api_host, bodies, groups, workers)
    costs = (used * 1000 / mails, wrote.commits / mails, wrote.bytes / 1000 / mails, peak)
    return Measured(kind, delay_ms, rate, client, books, *costs)


def _run(settings: config.Settings, database: db.Database, mails: int) -> float:
    started = clock.monotonic()
    with database.write() as session:
        system.move_clock(session, houses.EARLIER)
    queues.ring(queues.connect(settings))
    while (left := mails - houses.accepted(database)) > 0:
        time.sleep(0.25 if left > mails / 4 else 0.02)  # counting costs the databases time, too
        assert clock.monotonic() - started < 600, "the run does not end"
    return mails / (clock.monotonic() - started)


def _bodies(settings: config.Settings, database: db.Database) -> Sequence[bytes]:
    """The first hundred mails as the engine writes them; their claim is rolled back, and it is two hours earlier."""
    desk = draft.Desk(settings, settings.secret_key())
    with database.write() as session:
        lease = due.claim(session, 100, 60, (MessageKind.check_in,))
        assert lease is not None
        drafts = draft.drafts(session, desk, lease.token)
        session.rollback()
    with database.write() as session:
        system.move_clock(session, -houses.EARLIER)
    return [each.letter.content for each in drafts if isinstance(each.letter, draft.Written)]


if __name__ == "__main__":
    main()
