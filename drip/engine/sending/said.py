"""SAID: a person knows what became of a mail that may have arrived or not; it leaves the list of unknowns."""

from enum import StrEnum

from sqlalchemy.orm import Session

from drip.models import audit, system
from drip.models.message import Message, MessageState


class Became(StrEnum):
    """`lost` is never sent again by itself either; an event of the provider still proves the opposite."""

    arrived = "arrived"
    lost = "lost"


_STATES = {Became.arrived: MessageState.accepted, Became.lost: MessageState.presumed_lost}


def say(session: Session, message_id: str, became: Became, actor: str) -> bool:
    """Whether it was still unknown."""
    row = session.get(Message, message_id, with_for_update={"key_share": True}, populate_existing=True)
    if row is None or row.state is not MessageState.ambiguous:
        return False
    row.state, row.settled_at = _STATES[became], system.business_now(session)
    row.handed_at = row.handed_at or row.planned_at  # a restored database does not know when
    row.reason, row.detail = None, ""
    audit.note(session, actor, f"said {became}", f"message:{message_id}")
    return True
