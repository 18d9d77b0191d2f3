"""How things stand: one look at the whole system, cheap enough for a page and a metric."""

import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip import config
from drip.models import enrollment, inbound, outbox, system
from drip.models.message import Message
from drip.models.system import Breaker, Heartbeat


@dataclass(frozen=True, slots=True)
class Overview:
    """Instants are UTC; `lag_seconds` is how late the oldest claimable work is, in business time; `inbound`: mail that
    waits, `stored` to be read, `unmatched` and `unreadable` for a person."""

    mode: str
    state: str
    reason: str
    business_at: datetime
    breaker: str
    messages: dict[str, int]
    due: int
    oldest_due_at: datetime | None
    lag_seconds: float
    processes: list[tuple[str, int]]
    inbound: dict[str, int]

    def as_dict(self) -> dict[str, object]:
        """For JSON: instants as text, processes as pids by role."""
        pids: dict[str, list[int]] = {}
        for role, pid in self.processes:
            pids.setdefault(role, []).append(pid)
        oldest = self.oldest_due_at.isoformat() if self.oldest_due_at else None
        told = {"business_at": self.business_at.isoformat(), "oldest_due_at": oldest, "pids": pids}
        facts = asdict(self)
        del facts["processes"]
        return facts | told


def look(session: Session, mode: config.Mode) -> Overview:
    """One read of everything that somebody on duty asks for first."""
    now = system.now(session)
    oldest = _oldest(session, now.business_at)
    return Overview(
        mode=mode.value,
        state=now.state.value,
        reason=now.reason,
        business_at=now.business_at,
        breaker=session.scalars(select(Breaker.state)).one().value,
        messages=counts(session),
        due=enrollment.due_count(session, now.business_at) + outbox.due_count(session, now.business_at),
        oldest_due_at=oldest,
        lag_seconds=(now.business_at - oldest).total_seconds() if oldest else 0.0,
        processes=[(each.role, each.pid) for each in system.alive(session) if not _is_gone(each)],
        inbound={state.value: number for state, number in inbound.waiting(session).items()},
    )


def counts(session: Session) -> dict[str, int]:
    """Messages by state."""
    rows = session.execute(select(Message.state, func.count()).group_by(Message.state))
    return {state.value: number for state, number in rows}


def _is_gone(process: Heartbeat) -> bool:
    """A killed process on this machine: it could not take its heartbeat back, which stays fresh for some seconds."""
    here = process.host == socket.gethostname()[:120] and Path("/proc/self").exists()
    return here and not Path(f"/proc/{process.pid}").exists()


def _oldest(session: Session, at: datetime) -> datetime | None:
    instants = (enrollment.oldest_due(session, at), outbox.oldest_due(session, at))
    return min((each for each in instants if each), default=None)
