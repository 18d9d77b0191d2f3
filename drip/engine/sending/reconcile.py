"""RECONCILE: what was handed and never settled is in doubt; say so, and list it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from drip.models import outbox, system
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.providers.sendgrid import send as sendgrid

SETTLE_SECONDS = 20  # from an answer to its settlement, with a database that is slow


@dataclass(frozen=True, slots=True)
class Found:
    """What one sweep has put right."""

    ambiguous: int
    unclaimed: int


def reconcile(session: Session, answer_seconds: int) -> Found:
    """Handed messages whose worker must be gone, since no request lasts so long, become ambiguous; claims whose lease
    has lapsed go back to the queue."""
    now = system.now(session)
    longest = timedelta(seconds=sendgrid.CONNECT_SECONDS + answer_seconds + SETTLE_SECONDS)
    overdue = (Message.state == MessageState.handed, Message.handed_real_at < now.real_at - longest)
    doubt = {"state": MessageState.ambiguous, "reason": Reason.no_answer, "detail": "the sending process ended"}
    doubted = session.execute(update(Message).where(*overdue).values(**doubt).returning(Message.id)).all()
    return Found(len(doubted), outbox.unclaim(session, now.real_at))


def unknowns(session: Session, limit: int = 1000) -> list[Message]:
    """Messages of which nobody knows whether they arrived, oldest first."""
    rows = select(Message).where(Message.state == MessageState.ambiguous).order_by(Message.handed_at)
    return list(session.scalars(rows.limit(limit)))
