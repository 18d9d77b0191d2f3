"""The example: a real business to look at, loaded into an empty database in sandbox mode only."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.orm import Session

from drip import config, db, errors, schema
from drip.engine import imports
from drip.models import system
from drip.models.system import System

FOLDER = schema.ROOT / "examples"
SOURCE = "example"


class NotASandboxError(errors.DripError):
    """Example data is for the sandbox: its customers do not exist."""


def set_clock(session: Session) -> None:
    """Business time begins at the fixed morning that ships with the example."""
    start = datetime.fromisoformat((FOLDER / "clock.txt").read_text().strip())
    system.move_clock(session, start - system.business_now(session))
    session.execute(update(System).where(System.id == 1).values(example=True))


def load(settings: config.Settings, database: db.Database) -> imports.Summary:
    """Import examples/purchases.csv; its broken rows go to a report in the data folder."""
    if settings.mode is not config.Mode.sandbox:
        raise NotASandboxError(str(NotASandboxError.__doc__))
    source = imports.Source(FOLDER / "purchases.csv", SOURCE)
    report = Path(settings.data_dir / "example.errors.csv")
    return imports.run(database, source, report, key=settings.secret_key(), progress=_quietly)


def _quietly(_bytes: int) -> None:
    """A thousand rows need no progress bar."""
