"""Rows a second from a CSV file to enrolled purchases, on both databases, beside the bare reading and writing.

`make bench` or `python -m bench.imports [--rows 20000]`.
"""

import argparse
import csv
import platform
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench import bare, houses
from drip import db
from drip.engine.purchases import imports

BARE_UP_TO = 200_000  # rows; the bare writing holds all of them in memory
ZONES = (("America/New_York", "US"), ("Europe/Berlin", "DE"), ("Asia/Tokyo", "JP"), ("Australia/Sydney", "AU"),
         ("America/Los_Angeles", "US"), ("", "GB"))  # fmt: skip
HEADER = (
    "email,first_name,last_name,order_id,purchased_at,delivered_at,status,product_name,sku,category,amount,currency,"
    "rep_email,timezone,country,locale,promise,promise_due_on"
)


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall, seconds of this process on the CPU (PostgreSQL works in processes of its own), and the most
    memory that it has had so far, in MB."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=20_000)
    asked.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    told = asked.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print(f"An import of {told.rows:,} rows: read, checked, recorded, enrolled")
    print("The bare reading and writing: csv, then the very same rows by the driver, in one thread.")
    print("| database | rows/s | of the bare | CPU us a row | the bare's | peak MB |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="drip-bench-") as name:
        path = Path(name) / "purchases.csv"
        _write(path, told.rows)
        for kind in told.databases:
            with houses.database(kind) as database:
                print(_line(kind, told.rows, *_measure(database, path, told.rows)), flush=True)


def _line(kind: str, rows: int, ours: Spent, least: Spent | None) -> str:
    ratio = f"{least.wall / ours.wall:.2f} of {rows / least.wall:,.0f}" if least else "not run"
    cpu = [f"{spent.cpu / rows * 1e6:.0f}" if spent else "not run" for spent in (ours, least)]
    return f"| {kind} | {rows / ours.wall:,.0f} | {ratio} | {' | '.join(cpu)} | {ours.peak:.0f} |"


def _measure(database: db.Database, path: Path, rows: int) -> tuple[Spent, Spent | None]:
    report = path.with_name("bad.csv")
    found: list[imports.Summary] = []

    def run() -> None:
        source = imports.Source(path)
        found.append(imports.run(database, source, report, key=b"bench", progress=lambda _: None))

    ours = _timed(run)
    assert found[0].purchases == {"created": rows}, found[0]
    if rows > BARE_UP_TO:
        return ours, None
    pieces = bare.taken_out(database, imports.pace(database).orders)
    return ours, _timed(lambda: bare.read_and_write(database, path, pieces))


def _timed(work: Callable[[], None]) -> Spent:
    wall, cpu = time.monotonic(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Spent(time.monotonic() - wall, time.process_time() - cpu, peak)


def _write(path: Path, rows: int) -> None:
    """Cars and their accessories of the last 400 days, in six zones, some refunded, some with a promise."""
    dice = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER.split(","))
        writer.writerows(_row(index, dice) for index in range(rows))


def _row(index: int, dice: random.Random) -> list[str]:
    sold = houses.START - timedelta(minutes=dice.randrange(400 * 24 * 60))
    handed_over = sold + timedelta(days=2)
    promised = ("free fitting", f"{sold + timedelta(days=30):%Y-%m-%d}") if index % 4 == 0 else ("", "")
    return [
        *(f"buyer{index}@bench.example", dice.choice(("Ana", "Ben", "José", "Chidi")), f"Silva{index % 97}"),
        *(f"B-{index}", sold.isoformat(timespec="minutes")),
        *(f"{handed_over:%Y-%m-%d}" if index % 3 else "", "paid" if index % 50 else "refunded"),
        *(dice.choice(("Gannet Wagon", "Skiff")), f"SKU{index % 20}", dice.choice(("car", "car", "accessory"))),
        *(f"{dice.randrange(1_000, 40_000)}.00", "USD", "maria@harbourcars.example"),
        *(*dice.choice(ZONES), "en-US", *promised),
    ]


if __name__ == "__main__":
    main()
