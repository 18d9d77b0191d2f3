"""Runs migrations against DATABASE_URL, or on the connection that the caller hands over."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from drip import config, db, models
from drip.models.base import UtcDateTime


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=models.Base.metadata,
        render_as_batch=True,
        render_item=_plain,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _plain(kind: str, item: Any, _context: Any) -> str | bool:
    """Migrations outlive the code: they name only SQLAlchemy's own types."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    database = db.Database(config.load().database_url)
    with database.engine.connect() as own:
        _run(own)
        own.commit()
