"""`drip fast-forward`: live through days in seconds."""

import itertools
import json
import time
from dataclasses import dataclass
from datetime import datetime

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drip import config, db, errors, queues
from drip.cli import house as houses
from drip.engine import fast_forward as forward
from drip.models import system

PATIENCE_SECONDS = 180.0  # longer than a lease and the reconciler together: after that something is stuck
GLANCE_SECONDS = 0.008
RING_SECONDS = 0.5


@click.command("fast-forward")
@click.argument("length")
@click.option("--json", "as_json", is_flag=True)
def fast_forward(length: str, as_json: bool) -> None:
    """Move business time on by LENGTH (30d, 2w, 12h), stopping at each instant at which something is due."""
    span = forward.duration(length)
    with houses.opened() as (settings, database):
        if settings.mode is config.Mode.live:
            raise forward.LiveClockError(str(forward.LiveClockError.__doc__))
        start = _now(database)
        stops = _walk(_Road(database, queues.connect(settings), start, start + span), shown=not as_json)
        now = _now(database)
    if as_json:
        click.echo(json.dumps({"from": start.isoformat(), "to": now.isoformat(), "stops": stops}))
    else:
        click.echo(f"It is {now:%A %Y-%m-%d %H:%M} UTC in business time; {stops} stops on the way.")


@dataclass(frozen=True, slots=True)
class _Road:
    """From where to where, and whom to wake at each stop."""

    database: db.Database
    redis: queues.Connection
    start: datetime
    end: datetime


def _walk(road: _Road, *, shown: bool) -> int:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=not shown, transient=True) as progress:
        task = progress.add_task(f"{road.start:%a %Y-%m-%d}", total=(road.end - road.start).total_seconds())
        for stops in itertools.count(1):
            at = _step(road)
            progress.update(task, description=f"{at:%a %Y-%m-%d}", completed=(at - road.start).total_seconds())
            if at >= road.end:
                _drain(road)
                return stops
    raise AssertionError("the road has an end")


def _step(road: _Road) -> datetime:
    while True:
        _drain(road)
        with road.database.write() as session:
            at = forward.step(session, road.end)
        if at is not None:
            return at


def _drain(road: _Road) -> None:
    """Wait until nothing is due and nothing is under way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    rung_at = 0.0
    while not _quiet(road.database):
        if time.monotonic() > deadline:
            raise errors.DripError(
                f"Something is still due or under way after {PATIENCE_SECONDS:.0f} s. "
                "Are scheduler and workers running? See: drip status"
            )
        if time.monotonic() - rung_at > RING_SECONDS:
            rung_at = time.monotonic()
            queues.ring(road.redis)
        time.sleep(GLANCE_SECONDS)


def _quiet(database: db.Database) -> bool:
    with database.read() as session:
        return forward.is_quiet(session, system.business_now(session))


def _now(database: db.Database) -> datetime:
    with database.read() as session:
        return system.business_now(session)
