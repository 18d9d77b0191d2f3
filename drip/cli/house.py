"""What every command needs: the settings and the database, opened and closed again."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from drip import config, db, errors, schema


@contextmanager
def opened(*, migrate: bool = True) -> Iterator[tuple[config.Settings, db.Database]]:
    """Settings and database, brought to today's schema; a folder or a database that fails is a DripError."""
    settings = config.load()
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with closing(db.reachable(settings.database_url)) as database, db.plainly(database):
            if migrate:
                schema.upgrade(database)
            yield settings, database
    except OSError as trouble:
        if trouble.filename is None:
            raise  # a pipe that the reader has closed, say
        raise errors.of_file(trouble) from None
