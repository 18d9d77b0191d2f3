"""BOUNCED: our mail came back as mail, and counts like the provider's own event for it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.engine.people import suppress
from drip.engine.replies import classify, take_in
from drip.models.customer import Customer
from drip.models.message import Message, MessageKind
from drip.models.reasons import Reason
from drip.models.reply import Reply
from drip.providers.sendgrid.events import EventKind, ProviderEvent

NAME = "bounce by mail"


def keep(session: Session, reply: Reply, meaning: classify.Meaning, key: bytes, detail: str) -> None:
    """Write it down as an event of the mail that came back: so the same mail counts once, whether the provider tells of
    it, a mail does, or both, and its page shows it. A bad address is suppressed at once, without waiting for that."""
    mail = _came_back(session, reply)
    address = (mail.to_address if mail else None) or session.get_one(Customer, reply.customer_id).email
    if meaning.permanent:
        stop = suppress.Stop(Reason.bounced, detail, person=False, address=True)
        suppress.suppress_address(session, address, stop, key)
    take_in.store(session, [_event(reply, mail, address, _kind(meaning))])


def _came_back(session: Session, reply: Reply) -> Message | None:
    """The mail that it names, else the last check-in that went to them."""
    if reply.message_id is not None:
        return session.get(Message, reply.message_id)
    theirs = (Message.customer_id == reply.customer_id, Message.kind == MessageKind.check_in)
    went = (Message.handed_at.is_not(None), Message.handed_at <= reply.received_at)
    return session.scalars(select(Message).where(*theirs, *went).order_by(Message.handed_at.desc()).limit(1)).first()


def _kind(meaning: classify.Meaning) -> EventKind:
    """What the provider would call it; one that is only late has not come back, and counts for nothing."""
    if meaning.permanent:
        return EventKind.bounced
    return EventKind.deferred if meaning.delayed else EventKind.blocked


def _event(reply: Reply, mail: Message | None, address: str, kind: EventKind) -> ProviderEvent:
    event_id, message_id = f"mail:{reply.inbound_id}", mail.id if mail else None
    reason = " ".join(reply.evidence)[:500]
    said: dict[str, object] = {
        "event": kind.value,
        "email": address,
        "message_id": message_id,
        "timestamp": int(reply.received_at.timestamp()),
        "sg_event_id": event_id,
        "reason": reason,
    }
    return ProviderEvent(
        id=event_id,
        kind=kind,
        name=NAME,
        message_id=message_id,
        provider_id=None,
        email=address,
        at=reply.received_at,
        permanent=kind is EventKind.bounced,
        reason=reason,
        raw=said,
    )
