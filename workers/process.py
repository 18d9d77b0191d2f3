"""What every process does first and last: settings, log, database, heartbeat, and one clear line on failure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drip import config, db, errors, logs
from workers import heartbeat


@dataclass(frozen=True, slots=True)
class House:
    """What a process works with."""

    settings: config.Settings
    database: db.Database


@contextmanager
def running(role: str) -> Iterator[House]:
    """Alive, and known to be, until the block ends."""
    logs.setup(role)
    try:
        settings = config.load()
    except errors.DripError as trouble:
        sys.exit(str(trouble))
    database = db.Database(settings.database_url)
    heart = heartbeat.Heart(database, role)
    heart.start()
    try:
        yield House(settings, database)
    finally:
        heart.stop()
        database.close()
