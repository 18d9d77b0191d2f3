"""How long the kill switch takes at full rate, alone and while a sheet of the same customers is imported.

`make bench` or `python -m bench.kill_switch [--mails 12000]`: somebody pauses everything and resumes it, again and
again, while real senders work. From the moment the pause has committed, no request starts.
"""

import argparse
import csv
import itertools
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

from bench import houses
from drip import clock, config, db, queues
from drip.engine.sending import stop_all
from drip.models import system

EVERY = 0.3  # seconds between two presses
HEADER = ("email", "order_id", "purchased_at", "product_name", "category", "locale")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mails", type=int, default=12_000)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    told = asked.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print(f"{told.mails} mails, {told.workers} send worker(s)")
    print("| database | meanwhile | presses | pause committed after, p50 | p90 | longest | mails/s |")
    print("|---|---|---|---|---|---|---|")
    for kind, imports in itertools.product(told.databases, (False, True)):
        print(_measure(kind, told.mails, told.workers, imports=imports), flush=True)


def _measure(kind: str, mails: int, workers: int, *, imports: bool) -> str:
    with houses.sink(0) as port, houses.opened(kind, port) as (settings, database):
        houses.sell(settings, database, mails)
        with database.write() as session:
            system.move_clock(session, -houses.EARLIER)
        meanwhile = _imported(settings, mails) if imports else nullcontext(lambda: True)
        with houses.processes(settings, workers), meanwhile as goes_on:
            with database.write() as session:
                system.move_clock(session, houses.EARLIER)
            queues.ring(queues.connect(settings))
            began = clock.monotonic()
            took = sorted(itertools.takewhile(lambda _: goes_on(), _presses(database, mails)))
            rate = houses.accepted(database) / (clock.monotonic() - began)
    assert took, "the import was over before the first press; try more --mails"
    at = (took[len(took) // 2], took[len(took) * 9 // 10], took[-1])
    figures = " | ".join(f"{each * 1000:.0f} ms" for each in at)
    return f"| {kind} | {'an import' if imports else 'nothing else'} | {len(took)} | {figures} | {rate:,.0f} |"


def _presses(database: db.Database, mails: int) -> Iterator[float]:
    """Seconds from each press to its commit, until most mails have left."""
    while houses.accepted(database) < 0.9 * mails:
        time.sleep(EVERY)
        pressed = clock.monotonic()
        with database.write() as session:
            stop_all.pause(session, "bench", "a press")
        yield clock.monotonic() - pressed
        with database.write() as session:
            stop_all.resume(session, "bench")


@contextmanager
def _imported(settings: config.Settings, customers: int) -> Iterator[Callable[[], bool]]:
    """`drip import` runs meanwhile, with news of everybody and something more that each has bought; whether it still
    does."""
    folder = settings.data_dir.parent
    path = _sheet(folder / "again.csv", customers)
    environ = config.environment() | houses.environ(folder, settings.database_url, houses.port(settings))
    command = [sys.executable, "-m", "drip.cli.main", "import", str(path)]
    with (folder / "import.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, cwd=houses.ROOT, stdout=log, stderr=log)
        try:
            yield lambda: process.poll() is None
        finally:
            process.terminate()
            process.wait()


def _sheet(path: Path, customers: int) -> Path:
    bought = f"{houses.START - timedelta(days=1):%Y-%m-%d}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(customers):
            email = f"buyer{number}@bench.example"
            writer.writerow((email, f"again-{number}", bought, "Mudflaps", "accessory", "en-US"))
    return path


if __name__ == "__main__":
    main()
