"""Which schema this program was written for, and which one a database has; asked without Alembic, which is heavy."""

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from drip import db, errors

OURS = "20261201_put_off"  # the newest migration; a test holds it to that


class OtherError(errors.DripError):
    """This database has another Drip's schema. Install one version everywhere, run its `drip status`, start again."""


def of(session: Session) -> str | None:
    """The newest migration that this database has seen; None where it has seen none."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    found: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def refuse_another(database: db.Database) -> None:
    """Raises OtherError: what writes by other rules than the schema's could lose something."""
    with database.read() as session:
        found = of(session)
    if found != OURS:
        raise OtherError(str(OtherError.__doc__))
