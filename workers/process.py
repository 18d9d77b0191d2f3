"""What every process does first and last: settings, log, database, heartbeat, and one clear line on failure."""

import ctypes
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from drip import config, db, errors, logs, revision, whereabouts
from drip.campaigns import definition, publish
from drip.engine.sending import restored
from drip.models import home
from workers import heartbeat, high_water

GARBAGE = (50_000, 20, 100)  # instead of 700, 10, 10
M_ARENA_MAX = -8  # malloc.h

log = logging.getLogger("drip.process")


@dataclass(frozen=True, slots=True)
class House:
    """What a process works with."""

    settings: config.Settings
    database: db.Database
    heart: heartbeat.Heart | None = None


@contextmanager
def running(role: str) -> Iterator[House]:
    """Alive, and known to be, until the block ends."""
    logs.setup(role)
    _keep_memory_together()
    try:
        settings = config.load()
        database = db.reachable(settings.database_url)
        revision.refuse_another(database)
        _refuse_foreign_house(settings, database)
        arrive(settings, database)
    except errors.DripError as trouble:
        sys.exit(str(trouble))
    heart = heartbeat.Heart(settings, database, role)
    heart.start()
    stop_looking_for_garbage()
    try:
        yield House(settings, database, heart)
    finally:
        heart.stop()
        database.close()


def _keep_memory_together() -> None:
    """glibc gives each thread a pool of its own, so that none waits; Python lets one run at a time, and each
    pool stays as large as it ever was."""
    with suppress(OSError, AttributeError):  # another libc
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def stop_looking_for_garbage() -> None:
    """What stands now, stays: Python looks through all of it again and again, and holds everybody up meanwhile. Hardly
    anything of ours is garbage that only a search finds, so that is looked for more rarely, too."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def arrive(settings: config.Settings, database: db.Database) -> None:
    """A copied or restored database goes into HOLD before this process can do anything with it."""
    place = whereabouts.of(database)
    with database.write() as session:
        mark = high_water.read(settings, home.lock(session).database_id)
        if not restored.arrive(session, place, mark):
            log.critical(logs.line("hold", see="drip hold release", whereabouts=place))
    whereabouts.watch(database, place, _end_at_once)


def _end_at_once(place: str) -> None:
    """Another server answers under the same name: what we know of the database may be wrong. Start again."""
    log.critical(logs.line("database.moved", whereabouts=place))
    os._exit(75)


def _refuse_foreign_house(settings: config.Settings, database: db.Database) -> None:
    """Live mail leaves only when config.toml and the database agree on whose house this is."""
    if settings.mode is config.Mode.live:
        house = definition.load(settings.config_path)
        with database.read() as session:
            publish.check_domain(session, house)
