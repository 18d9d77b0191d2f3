"""`drip fast-forward`: live through days in seconds."""

import json
import time

import click
from redis import Redis
from redis.exceptions import RedisError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drip import config, db, errors, queues
from drip.cli import house as houses
from drip.engine import fast_forward as forward

PATIENCE_SECONDS = 180.0  # longer than a lease and the reconciler together: after that something is stuck
GLANCE_SECONDS = 0.008


@click.command("fast-forward")
@click.argument("length")
@click.option("--json", "as_json", is_flag=True)
def fast_forward(length: str, as_json: bool) -> None:
    """Move business time on by LENGTH (30d, 2w, 12h), stopping at each instant at which something is due."""
    span = forward.duration(length)
    with houses.opened() as (settings, database):
        if settings.mode is config.Mode.live:
            raise forward.LiveClockError(str(forward.LiveClockError.__doc__))
        redis = queues.connect(settings)
        with database.read() as session:
            start = forward.look(session).now
        stops = _walk(database, redis, start + span, shown=not as_json)
        with database.read() as session:
            now = forward.look(session).now
    if as_json:
        click.echo(json.dumps({"from": start.isoformat(), "to": now.isoformat(), "stops": stops}))
    else:
        click.echo(f"It is {now:%A %Y-%m-%d %H:%M} UTC in business time; {stops} stops on the way.")


def _walk(database: db.Database, redis: Redis, end: object, *, shown: bool) -> int:
    from datetime import datetime

    assert isinstance(end, datetime)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    stops = 0
    with Progress(*columns, disable=not shown, transient=True) as progress:
        with database.read() as session:
            start = forward.look(session).now
        task = progress.add_task(f"{start:%Y-%m-%d}", total=(end - start).total_seconds())
        while True:
            _drain(database, redis)
            with database.write() as session:
                stop = forward.look(session)
                at = min(stop.next_at or end, end)
                forward.jump(session, at)
            progress.update(task, description=f"{at:%a %Y-%m-%d}", completed=(at - start).total_seconds())
            stops += 1
            if at >= end:
                _drain(database, redis)
                return stops


def _drain(database: db.Database, redis: Redis) -> None:
    """Wait until nothing is due and nothing is under way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    rung_at = 0.0
    while True:
        with database.read() as session:
            if forward.is_quiet(session):
                return
        if time.monotonic() > deadline:
            raise errors.DripError(
                f"Something is still due or under way after {PATIENCE_SECONDS:.0f} s. "
                "Are scheduler and workers running? See: drip status"
            )
        if time.monotonic() - rung_at > 0.5:
            rung_at = time.monotonic()
            _ring(redis)
        time.sleep(GLANCE_SECONDS)


def _ring(redis: Redis) -> None:
    try:
        queues.ring(redis)
    except RedisError as trouble:
        raise errors.DripError(f"Redis does not answer ({trouble}). Is `drip up` running?") from None
