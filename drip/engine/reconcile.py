"""RECONCILE: what was handed and never settled is in doubt; say so, and list it."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from drip.models import system
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason

# Longer than a request may take (10 s to connect, 30 s to answer) and its settlement: whoever held it is gone.
OVERDUE = timedelta(seconds=60)


def reconcile(session: Session) -> int:
    """Handed messages whose worker must be dead become ambiguous; the number of them."""
    now = system.now(session)
    overdue = (Message.state == MessageState.handed, Message.handed_real_at < now.real_at - OVERDUE)
    doubt = {"state": MessageState.ambiguous, "reason": Reason.no_answer, "detail": "the sending process ended"}
    return len(session.execute(update(Message).where(*overdue).values(**doubt).returning(Message.id)).all())


def unknowns(session: Session, limit: int = 1000) -> list[Message]:
    """Messages of which nobody knows whether they arrived, oldest first."""
    rows = select(Message).where(Message.state == MessageState.ambiguous).order_by(Message.handed_at)
    return list(session.scalars(rows.limit(limit)))
