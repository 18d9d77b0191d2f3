"""A database that is away for a while, and comes back as it was."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import create_engine, text

from drip import db


def of(database: db.Database, server: str, table: str) -> AbstractContextManager[None]:
    """SQLite cannot be shut down; without its table it answers as little."""
    return renamed(database, table) if database.is_sqlite else shut(database, server)


@contextmanager
def renamed(database: db.Database, table: str) -> Iterator[None]:
    """One table is missing."""
    with database.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO away"))
    yield
    with database.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE away RENAME TO {table}"))


@contextmanager
def shut(database: db.Database, server: str) -> Iterator[None]:
    """PostgreSQL throws everybody out and lets nobody in."""
    name = database.url.database
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
        yield
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    engine.dispose()
