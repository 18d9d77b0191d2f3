"""`drip fast-forward`: live through days in seconds."""

import itertools
import json
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drip import config, db, errors, queues
from drip.cli import house as houses
from drip.engine.replies import receive, track
from drip.engine.sending import fast_forward as forward
from drip.engine.telling.sentences import counted
from drip.models import system
from drip.providers import sandbox as sandboxes

PATIENCE_SECONDS = 180.0  # longer than a lease and the reconciler together: after that something is stuck
GLANCE_SECONDS = 0.008
FIRST_GLANCE_SECONDS = 0.02  # no mail has ever been sent sooner
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
        _refuse_standstill(settings, database)
        start = _now(database)
        with closing(sandboxes.Sandbox(settings.api_host)) as sandbox:
            courier = sandbox if settings.own_sandbox else None
            road = _Road(settings, database, queues.connect(settings), courier, start, start + span)
            stops = _walk(road, shown=not as_json)
        now = _now(database)
    if as_json:
        click.echo(json.dumps({"from": start.isoformat(), "to": now.isoformat(), "stops": stops}))
    else:
        click.echo(f"It is {now:%A %Y-%m-%d %H:%M} UTC in business time; {counted(stops, 'stop')} on the way.")


def _refuse_standstill(settings: config.Settings, database: db.Database) -> None:
    """Nothing may leave, so nothing would ever be quiet."""
    with database.read() as session:
        now = system.now(session)
    if now.state is not system.SystemState.running:
        raise errors.DripError(f"The system is {now.state} ({now.reason}). Go on with: drip resume")
    if settings.mode is config.Mode.off:
        raise errors.DripError("Mode off lets nothing leave; time would pile up what is due. Choose another DRIP_MODE.")


@dataclass(frozen=True, slots=True)
class _Road:
    """From where to where, whom to wake at each stop, and who brings what happened to the mails."""

    settings: config.Settings
    database: db.Database
    redis: queues.Connection
    courier: sandboxes.Sandbox | None
    start: datetime
    end: datetime


def _walk(road: _Road, *, shown: bool) -> int:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=not shown, transient=True) as progress:
        _flush(road)
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
    """Wait until nothing is due or under way, and until what became of the mails has been told and applied."""
    while _moved(road):
        _flush(road)
        _work_off(road)


def _flush(road: _Road) -> None:
    if road.courier is not None:
        road.courier.flush()


def _work_off(road: _Road) -> None:
    """Apply what has just been told right here: the workers would, too, but a bell and a job later."""
    key = road.settings.secret_key()
    with road.database.write() as session:
        while track.apply_waiting(session, key) == track.PORTION:
            pass
    receive.understand_waiting(road.database, road.settings)


def _moved(road: _Road) -> bool:
    """Wait until all is quiet; whether it was not so from the start, so that something may have been sent."""
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
            time.sleep(FIRST_GLANCE_SECONDS)
        time.sleep(GLANCE_SECONDS)
    return rung_at > 0


def _quiet(database: db.Database) -> bool:
    with database.read() as session:
        return forward.is_quiet(session, system.business_now(session))


def _now(database: db.Database) -> datetime:
    with database.read() as session:
        return system.business_now(session)
