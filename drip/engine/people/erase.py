"""ERASE: forget who somebody was. What stays: hashes, counts, dates and states, and that we never write to them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Update, func, or_, select, update
from sqlalchemy.orm import Session

from drip import tokens
from drip.engine.people import suppress
from drip.models import audit, customer, fixed, inbound, message, system
from drip.models.audit import AuditEntry
from drip.models.customer import Customer, Hold
from drip.models.delivery_event import DeliveryEvent
from drip.models.handoff import Handoff, HandoffState, Resolution
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageState
from drip.models.purchase import Promise, Purchase
from drip.models.reasons import Reason
from drip.models.rep import Rep
from drip.models.reply import Reply
from drip.models.suppression import Suppression


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten: whether there was a customer, how many mails to them and how many of theirs."""

    customer: bool
    mails: int
    letters: int

    @property
    def is_something(self) -> bool:
        return self.customer or self.letters > 0


def erase(session: Session, email: str, key: bytes, actor: str) -> Erased:
    """Everything about an address, whether its owner has bought or has only written to us. Asked again, it finds
    nothing more to do.

    Locks their mails before the customer, as a worker does who follows up what they wrote. The customer's row is
    changed before anything is forgotten, so that this stop is ordered before or after a gate (promise 4).
    """
    address = email.strip().lower()
    customer_id = session.scalar(select(Customer.id).where(Customer.email == address))
    if customer_id is None:
        letters = _forget_letters(session, func.lower(InboundMail.envelope_from) == address)
        return Erased(customer=False, mails=0, letters=letters)
    return erase_customer(session, customer_id, key, actor)


def erase_customer(session: Session, customer_id: int, key: bytes, actor: str) -> Erased:
    """The same for a customer by id."""
    address = session.scalar(select(Customer.email).where(Customer.id == customer_id))
    inbound.lock_these(session, _theirs(customer_id, address or ""))
    found = customer.lock(session, [customer_id]).get(customer_id)
    if found is None or found.erased_at is not None:
        return Erased(customer=False, mails=0, letters=0)
    _stop(session, found, key, actor)
    mails = _forget_mails(session, found)
    letters = _forget_letters(session, _theirs(found.id, found.email))
    _forget_conversations(session, found, actor)
    _forget_person(session, found)
    audit.note(session, actor, "erase", f"customer:{customer_id}", f"{mails} mails to them, {letters} of theirs")
    return Erased(customer=True, mails=mails, letters=letters)


def _stop(session: Session, found: Customer, key: bytes, actor: str) -> None:
    """Suppressed as a person and by the hash of the address, which outlives it, together with every earlier reason."""
    suppress.suppress(session, found.id, suppress.Stop(Reason.erased, address=True, actor=actor), key)
    mine = Suppression.customer_id == found.id
    known_as = tokens.fingerprint(key, found.email)
    _run(session, Suppression, mine, address_hash=func.coalesce(Suppression.address_hash, known_as), detail="")


def _forget_mails(session: Session, found: Customer) -> int:
    """To them, and notices to reps that quote them. What was not handed yet never leaves."""
    at = system.business_now(session)
    talks = select(Handoff.id).where(Handoff.customer_id == found.id)
    replies = session.scalars(select(Reply.id).where(Reply.customer_id == found.id))
    notices = message.reply_notice_keys(replies, session.scalars(select(Rep.id)))
    of_replies = fixed.among(Message.dedupe_key, notices)
    mine = or_(Message.customer_id == found.id, Message.handoff_id.in_(talks), of_replies)
    ended = {"state": MessageState.cancelled, "reason": Reason.erased, "settled_at": at}
    waiting = Message.state.in_((MessageState.queued, MessageState.claimed))
    _run(session, Message, mine & waiting, **ended, lease_token=None, lease_until=None, fence=Message.fence + 1)
    ids = select(Message.id).where(mine)
    _run(session, DeliveryEvent, DeliveryEvent.message_id.in_(ids), payload={}, reason="")
    blank = {"to_address": None, "reply_token": None, "context": None, "letter": None, "detail": ""}
    return _run(session, Message, mine, **blank)


def _theirs(customer_id: int, address: str) -> ColumnElement[bool]:
    """Raw mail that is theirs by its envelope, its reply, or only its sender."""
    understood = select(Reply.inbound_id).where(Reply.customer_id == customer_id)
    sender = func.lower(InboundMail.envelope_from) == address
    return or_(InboundMail.customer_id == customer_id, InboundMail.id.in_(understood), sender)


def _forget_letters(session: Session, theirs: ColumnElement[bool]) -> int:
    """What they wrote, raw and understood."""
    ids = select(InboundMail.id).where(theirs)
    _run(session, Reply, Reply.inbound_id.in_(ids), **_NO_WORDS)
    blank = {"raw": b"", "envelope_to": [], "envelope_from": "", "checks": {}, "detail": "erased"}
    unread = (InboundState.stored, InboundState.unmatched, InboundState.unreadable)
    _run(session, InboundMail, theirs & InboundMail.state.in_(unread), state=InboundState.discarded)
    return _run(session, InboundMail, theirs & (InboundMail.detail != "erased"), **blank)


_NO_WORDS: dict[str, object] = {
    "evidence": [],
    "from_address": "",
    "subject": "",
    "new_text": "",
    "full_text": "",
    "html": None,
    "files": None,
    "mail_message_id": None,
    "mail_references": [],
}


def _forget_conversations(session: Session, found: Customer, actor: str) -> None:
    _run(session, Reply, Reply.customer_id == found.id, **_NO_WORDS)
    mine = Handoff.customer_id == found.id
    closed = {"state": HandoffState.closed, "resolution": Resolution.stop, "closed_by": actor}
    _run(session, Handoff, mine & (Handoff.state != HandoffState.closed), **closed,
         closed_at=system.business_now(session), version=Handoff.version + 1)  # fmt: skip
    _run(session, Handoff, mine, why="", draft="")


def _forget_person(session: Session, found: Customer) -> None:
    """The order's number and its product stay: the same purchase again must still be known as the same."""
    bought = select(Purchase.id).where(Purchase.customer_id == found.id)
    for promise in session.scalars(select(Promise).where(Promise.purchase_id.in_(bought))):
        promise.text = f"erased {promise.id}"
    _run(session, Hold, Hold.customer_id == found.id, detail="")
    _run(session, AuditEntry, AuditEntry.subject == f"customer:{found.id}", detail="")
    found.email, found.first_name, found.last_name = f"erased-{found.id}@invalid", "", ""
    found.timezone = found.country = found.locale = None
    found.erased_at = system.business_now(session)
    found.version += 1


def _run(session: Session, table: type, where: ColumnElement[bool], **values: object) -> int:
    statement: Update = update(table).where(where).values(**values)
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return int(getattr(done, "rowcount", 0))
