"""BY HAND: what people do about mail that waits for them: say whose it is, answer it, let it go, take it back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import db, errors
from drip.campaigns import published
from drip.engine.handoffs import hand_off, hold, responsible
from drip.models import audit, customer, inbound, system
from drip.models.customer import Customer
from drip.models.handoff import Handoff
from drip.models.inbound import InboundMail, InboundState
from drip.models.reasons import Reason
from drip.models.rep import Rep

FOR_PEOPLE = (InboundState.unmatched, InboundState.unreadable)
LONGEST_ADDRESS = 254


class NoAddressError(errors.DripError):
    """This mail names no sender who could be answered."""


def assign(session: Session, inbound_id: int, customer_id: int, actor: str) -> bool:
    """Somebody has seen whose mail it is: it is read again, and the customer held meanwhile. Whether it could be.

    One that cannot be read ends in the customer's conversation, where a person looks at it as it came.
    """
    row = inbound.locked(session, inbound_id, *FOR_PEOPLE)
    if row is None:
        return False
    customer.lock(session, [customer_id])
    row.customer_id, row.message_id, row.state, row.attempts = customer_id, None, InboundState.stored, 0
    row.detail = f"Matched by {actor}."
    hold.hold(session, customer_id, hold.Cause(Reason.replied, f"mail {inbound_id}"))
    audit.note(session, actor, "match", f"inbound:{inbound_id}", f"customer {customer_id}")
    return True


def answer(session: Session, inbound_id: int, writer: tuple[str, str], actor: str) -> Handoff | None:
    """Somebody wants to answer it: a conversation with its `writer` (name and address) opens, theirs, in which it is
    read next. A stranger becomes a customer who has bought nothing, so that the answer leaves like any other. None when
    somebody else has dealt with the mail; raises NoAddressError, and TakenError when a colleague talks with them."""
    row = inbound.locked(session, inbound_id, *FOR_PEOPLE)
    if row is None:
        return None
    who = _met(session, *writer)
    assign(session, inbound_id, who.id, actor)
    own = session.scalar(select(Rep.id).where(Rep.email == actor, Rep.left_at.is_(None)))
    rep_id = own or responsible.of(session, who, None).id
    return hand_off.by_rep(session, who.id, rep_id, "Wrote to us out of the blue.", actor)


def discard(session: Session, inbound_id: int, actor: str) -> bool:
    """Somebody has seen that nothing has to be done; the mail is kept. Whether it still waited for people."""
    row = inbound.locked(session, inbound_id, *FOR_PEOPLE)
    if row is None:
        return False
    row.state, row.detail = InboundState.discarded, f"{row.detail} Let go by {actor}."[-500:].strip()
    audit.note(session, actor, "discard", f"inbound:{inbound_id}")
    return True


def take_back(session: Session, inbound_id: int, actor: str) -> bool:
    """It was let go too soon: it waits for people again. Whether it had been let go."""
    row = inbound.locked(session, inbound_id, InboundState.discarded)
    if row is None:
        return False
    row.state, row.detail = InboundState.unmatched, f"Taken back by {actor}."
    audit.note(session, actor, "take back", f"inbound:{inbound_id}")
    return True


def writer_of(row: InboundMail, name: str, address: str | None) -> tuple[str, str]:
    """Whom an answer would go to: the From of a mail that could be read, else whoever its envelope names."""
    return " ".join(name.split())[:200], (address or row.envelope_from).strip().lower()


def _met(session: Session, name: str, address: str) -> Customer:
    local, _, domain = address.rpartition("@")
    sending = published.rules(session).sending
    is_ours = domain in (sending.domain, sending.inbound_domain)  # it would come straight back to us
    if not local or "." not in domain or is_ours or len(address) > LONGEST_ADDRESS or not address.isprintable():
        raise NoAddressError(str(NoAddressError.__doc__))
    first, _, last = name.partition(" ")
    row = {"email": address, "first_name": first, "last_name": last.strip(), "version": 1,
           "created_at": system.business_now(session)}  # fmt: skip
    session.execute(db.insert(session, Customer).on_conflict_do_nothing(index_elements=["email"]), row)
    return session.scalars(select(Customer).where(Customer.email == address)).one()
