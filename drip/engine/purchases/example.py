"""The example: a real business to look at, loaded into an empty database in sandbox mode only."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import config, db, errors, schema
from drip.engine.purchases import imports
from drip.models import system
from drip.models.system import System

FOLDER = schema.ROOT / "examples"


class NotASandboxError(errors.DripError):
    """Example data is for the sandbox: its customers do not exist."""


def begin(session: Session) -> None:
    """Business time begins at the fixed morning that ships with the example, whose data is still to be loaded."""
    start = datetime.fromisoformat((FOLDER / "clock.txt").read_text().strip())
    system.move_clock(session, start - system.business_now(session))
    system.lock(session).loading = True


def is_loading(session: Session) -> bool:
    """Whether a first start has begun and not ended: whoever starts next goes on with it."""
    return bool(session.scalar(select(System.loading).where(System.id == 1)))


def end(session: Session) -> None:
    """All of it is there."""
    row = system.lock(session)
    row.example, row.loading = True, False


def load(settings: config.Settings, database: db.Database) -> imports.Summary:
    """Import examples/purchases.csv; its broken rows go to a report in the data folder."""
    if settings.mode is not config.Mode.sandbox:
        raise NotASandboxError(str(NotASandboxError.__doc__))
    source = imports.Source(FOLDER / "purchases.csv")
    report = Path(settings.data_dir / "example.errors.csv")
    return imports.run(database, source, report, key=settings.secret_key(), progress=_quietly)


def _quietly(_bytes: int) -> None:
    """A thousand rows need no progress bar."""
