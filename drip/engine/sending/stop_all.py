"""The kill switch: one row that every gate looks at."""

from sqlalchemy.orm import Session

from drip import errors
from drip.models import audit, system
from drip.models.system import SystemState


class OnHoldError(errors.DripError):
    """The system is in HOLD: say what happened with `drip hold release` first."""


def pause(session: Session, by: str, reason: str) -> None:
    """From the moment this commits no gate lets anything pass; a HOLD stays a HOLD."""
    row = system.lock(session)
    if row.state is not SystemState.hold:
        row.state, row.reason = SystemState.paused, reason[:300]
        audit.note(session, by, "pause", "system", reason)


def resume(session: Session, by: str) -> None:
    """Let mail leave again; what expired meanwhile stays unsent."""
    row = system.lock(session)
    if row.state is SystemState.hold:
        raise OnHoldError(str(OnHoldError.__doc__))
    row.state, row.reason = SystemState.running, ""
    audit.note(session, by, "resume", "system")
