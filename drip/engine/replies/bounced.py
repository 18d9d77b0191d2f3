"""BOUNCED: our mail came back as mail, and counts like the provider's own event for it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.engine.people import suppress
from drip.engine.replies import track
from drip.models.customer import Customer
from drip.models.message import Message, MessageKind
from drip.models.reasons import Reason
from drip.models.reply import Reply
from drip.providers.sendgrid.events import EventKind, ProviderEvent

NAME = "bounce by mail"


def keep(session: Session, reply: Reply, key: bytes, *, permanent: bool, detail: str) -> None:
    """Write it down as an event of the mail that came back: so the same mail counts once, whether the provider tells of
    it, a mail does, or both, and its page shows it. A bad address is suppressed at once, without waiting for that."""
    mail = _came_back(session, reply)
    address = (mail.to_address if mail else None) or session.get_one(Customer, reply.customer_id).email
    if permanent:
        stop = suppress.Stop(Reason.bounced, detail, person=False, address=True)
        suppress.suppress_address(session, address, stop, key)
    track.store(session, [_event(reply, mail, address, permanent=permanent)])


def _came_back(session: Session, reply: Reply) -> Message | None:
    """The mail that it names, else the last check-in that went to them."""
    if reply.message_id is not None:
        return session.get(Message, reply.message_id)
    theirs = (Message.customer_id == reply.customer_id, Message.kind == MessageKind.check_in)
    went = (Message.handed_at.is_not(None), Message.handed_at <= reply.received_at)
    return session.scalars(select(Message).where(*theirs, *went).order_by(Message.handed_at.desc()).limit(1)).first()


def _event(reply: Reply, mail: Message | None, address: str, *, permanent: bool) -> ProviderEvent:
    event_id, message_id = f"mail:{reply.inbound_id}", mail.id if mail else None
    reason = " ".join(reply.evidence)[:500]
    said: dict[str, object] = {
        "event": "bounce", "type": "bounce" if permanent else "blocked", "email": address, "message_id": message_id,
        "timestamp": int(reply.received_at.timestamp()), "sg_event_id": event_id, "reason": reason,
    }  # fmt: skip
    return ProviderEvent(
        id=event_id,
        kind=EventKind.bounced if permanent else EventKind.blocked,
        name=NAME,
        message_id=message_id,
        provider_id=None,
        email=address,
        at=reply.received_at,
        permanent=permanent,
        reason=reason,
        raw=said,
    )
