"""What every command needs: the settings and the database, opened and closed again."""

from collections.abc import Iterator
from contextlib import contextmanager

from drip import config, db, errors, schema


class NotSetUpError(errors.DripError):
    """The database is empty or older than this program: run `drip up`, or `alembic upgrade head`, first."""


@contextmanager
def opened(*, migrate: bool = True) -> Iterator[tuple[config.Settings, db.Database]]:
    """Settings and database, brought to today's schema."""
    settings = config.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = db.Database(settings.database_url)
    try:
        if migrate:
            schema.upgrade(database)
        yield settings, database
    finally:
        database.close()
