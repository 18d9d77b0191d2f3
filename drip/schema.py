"""Bring a database to today's schema: the migrations, run in process."""

from pathlib import Path

from alembic import command, util
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from drip import db, errors

ROOT = Path(__file__).resolve().parent.parent


class NewerError(errors.DripError):
    """This database was written by a newer Drip than this one. Update the program, or set another DATABASE_URL."""


def upgrade(database: db.Database) -> None:
    """Apply what is missing; two processes that start together take turns on SQLite and wait on PostgreSQL."""
    settings = _settings()
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(748301)")
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except util.CommandError as trouble:
            raise NewerError(str(NewerError.__doc__)) from trouble
        connection.commit()


def is_current(database: db.Database) -> bool:
    """Whether nothing is missing."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
        return set(found) == set(ScriptDirectory.from_config(_settings()).get_heads())


def _settings() -> Config:
    return Config(str(ROOT / "alembic.ini"))
