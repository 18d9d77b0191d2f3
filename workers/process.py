"""What every process does first and last: settings, log, database, heartbeat, and one clear line on failure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drip import config, db, errors, logs
from drip.campaigns import definition, publish
from workers import heartbeat


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
    try:
        settings = config.load()
        database = db.reachable(settings.database_url)
        _refuse_foreign_house(settings, database)
    except errors.DripError as trouble:
        sys.exit(str(trouble))
    heart = heartbeat.Heart(database, role)
    heart.start()
    try:
        yield House(settings, database, heart)
    finally:
        heart.stop()
        database.close()


def _refuse_foreign_house(settings: config.Settings, database: db.Database) -> None:
    """Live mail leaves only when config.toml and the database agree on whose house this is."""
    if settings.mode is config.Mode.live:
        house = definition.load(settings.config_path)
        with database.read() as session:
            publish.check_domain(session, house)
