"""FOLLOW UP: a mail that has been read becomes a customer's reply, and what it asks for is done."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from drip import logs
from drip.campaigns import published
from drip.engine.handoffs import hand_off, hold, notice, responsible
from drip.engine.replies import classify, envelope, match, policy, track
from drip.mail import incoming
from drip.models import customer, fixed, inbound, once, system
from drip.models.handoff import Priority
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind
from drip.models.reply import MACHINES, Reply, ReplyKind

log = logging.getLogger("drip.receive")

LONGEST_TEXT = 200_000  # characters kept beside the raw mail
MOST_REFERENCES = 20
MOST_FILES = 50
SEE = "Read it as mail"
POST_DAYS = timedelta(days=3)  # how long the provider tries to deliver a mail to us: further back, nothing crossed


@dataclass(frozen=True, slots=True)
class Read:
    """A mail that has been read: the id of its row, its values, and what they mean."""

    inbound_id: int
    mail: incoming.Incoming
    meaning: classify.Meaning


def conclude_all(session: Session, read: Sequence[Read], key: bytes) -> list[Read]:
    """Match those of them that still wait, write the replies down and do what the policy says; what nobody known wrote
    waits for people. Returns those that want a transaction of their own, which are never all.

    Locks the mails in the order of their ids, then all customers in that of theirs, as a gate does.
    """
    rows = inbound.locked_all(session, [each.inbound_id for each in read], InboundState.stored)
    here = [each for each in read if each.inbound_id in rows]
    match.look_ahead(session, (row.envelope_to for row in rows.values()), (each.mail.from_address for each in here))
    now = system.business_now(session)
    known = [_known(session, rows[each.inbound_id], each, now) for each in here]
    those = _together(known)
    _conclude(session, those, key)
    return [each.read for each in known if each not in those]


def conclude(
    session: Session, row: InboundMail, mail: incoming.Incoming, meaning: classify.Meaning, key: bytes
) -> None:
    """The same for one mail, whose own row is locked."""
    now = system.business_now(session)
    _conclude(session, [_known(session, row, Read(row.id, mail, meaning), now)], key)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A mail, whose it is, and whose reply addresses it went to."""

    row: InboundMail
    read: Read
    found: match.Found | None
    addressed: frozenset[int]

    @property
    def people(self) -> frozenset[int]:
        return self.addressed | {self.found.customer_id} if self.found else frozenset()


def _known(session: Session, row: InboundMail, read: Read, now: datetime) -> _Known:
    found = match.find(session, row, read.mail, now)
    if found is not None and found.is_ours:
        read = replace(read, meaning=replace(read.meaning, kind=ReplyKind.own_copy))
    addressed = envelope.addressed(session, row.envelope_to, row.envelope_from)
    return _Known(row, read, found, frozenset(each.customer_id for each in addressed))


def _together(known: Sequence[_Known]) -> list[_Known]:
    """One mail a customer, so that each is followed up as if the one before it had been long ago; and one that proves
    what we did not know (see `track.prove`)."""
    chosen: list[_Known] = []
    people: set[int] = set()
    proves = False
    for each in known:
        is_proof = each.found is not None and each.found.proves
        if people.isdisjoint(each.people) and not (proves and is_proof):
            chosen.append(each)
            proves = proves or is_proof
        people |= each.people  # who is left for the next transaction is so with all that they wrote later
    return chosen


def _conclude(session: Session, those: Sequence[_Known], key: bytes) -> None:
    people = customer.lock(session, {customer_id for each in those for customer_id in each.people})
    customer.touch(session, people)
    system.one_instant(session)
    _look_ahead(session, [each.found for each in those if each.found])
    heard = [(each, _heard(session, each, key)) for each in those]
    session.flush()  # all replies at once
    replies = published.rules(session).replies
    for each, reply in heard:
        if reply is not None:
            treated = policy.treatment(replies, reply.reply.kind, urgent=reply.reply.urgent)
            policy.follow(session, reply, treated)
        if each.found is not None:
            for other in sorted(each.addressed - {each.found.customer_id}):
                _also(session, each.row, each.read.meaning.kind, other)
        log.info(logs.line("mail.read", inbound=each.row.id, state=each.row.state, customer=each.row.customer_id))


def _look_ahead(session: Session, found: Sequence[match.Found]) -> None:
    ids = [each.customer_id for each in found]
    responsible.look_ahead(session, [each.message_id for each in found if each.message_id])
    notice.look_ahead(session, ids)
    _left(session, ids)


def _heard(session: Session, known: _Known, key: bytes) -> policy.Heard | None:
    """What becomes of the mail itself; nothing follows from one that nobody known wrote, or from one too many."""
    row, found, meaning = known.row, known.found, known.read.meaning
    if found is None:
        row.state, row.detail = InboundState.unmatched, match.why_not(session, known.read.mail, meaning.kind)[:500]
        return None
    who = customer.lock(session, known.people)[found.customer_id]
    row.customer_id, row.message_id = found.customer_id, found.message_id
    if policy.is_loop(session, found.customer_id, meaning.kind, system.business_now(session)):
        row.state, row.detail = InboundState.discarded, "More automatic answers in a day than anybody needs."
        hold.release_read(session, found.customer_id, but=row.id)
        return None
    row.state, row.detail = InboundState.understood, meaning.kind.value
    if found.proves and found.message_id is not None:
        track.prove(session, found.message_id, who, "customer")
    reply = _reply(session, known, found)
    session.add(reply)
    return policy.Heard(reply, meaning, key)


def _also(session: Session, row: InboundMail, kind: ReplyKind, customer_id: int) -> None:
    """One mail went to the addresses of several customers: it is the reply of one, and nobody's words get lost with
    the others. Who wrote to the way out is not asked for more."""
    known = envelope.addressed(session, row.envelope_to, row.envelope_from)
    asked = next(each for each in known if each.customer_id == customer_id)
    if kind not in MACHINES and asked.purpose == "reply":
        why = f"A mail of {row.envelope_from} went to their reply address and to another customer's. {SEE} {row.id}."
        hand_off.open_for(session, customer_id, Priority.medium, why, reply=None, about=asked.message_id)
    hold.release_read(session, customer_id, but=row.id)


def _reply(session: Session, known: _Known, found: match.Found) -> Reply:
    row, mail, meaning = known.row, known.read.mail, known.read.meaning
    return Reply(
        inbound_id=row.id,
        customer_id=found.customer_id,
        message_id=found.message_id,
        kind=meaning.kind,
        matched_by=found.by,
        evidence=[*found.evidence, *meaning.evidence],
        urgent=meaning.urgent,
        until=meaning.until,
        from_address=(mail.from_address or "")[:320],
        subject=mail.subject[:500],
        new_text=meaning.new_text[:LONGEST_TEXT],
        full_text=mail.text[:LONGEST_TEXT],
        html=mail.html[:LONGEST_TEXT] if mail.html else None,
        files=[each.name for each in mail.attachments[:MOST_FILES]],
        mail_message_id=mail.message_id[:500] if mail.message_id else None,
        mail_references=list(mail.references[-MOST_REFERENCES:]),
        crossed=_crossed(session, row, mail, found),
        received_at=row.received_at,
    )


def _crossed(session: Session, row: InboundMail, mail: incoming.Incoming, found: match.Found) -> list[str]:
    """Check-ins that left after the customer wrote and before we had the mail; what a mail claims of its date counts
    within reason only."""
    wrote_at = max(mail.sent_at or row.received_at, row.received_at - POST_DAYS)
    left = _left(session, [found.customer_id])[found.customer_id] or ()
    return [each.id for each in left if each.handed_at > wrote_at and each.id != found.message_id]


def _left(session: Session, customer_ids: Sequence[int]) -> dict[int, list[Row[Any]] | None]:
    """The check-ins that these customers got, the oldest first; not asked for again in this transaction."""

    def ask(ids: list[int]) -> Iterable[tuple[int, list[Row[Any]]]]:
        of_each: dict[int, list[Row[Any]]] = {}
        for each in fixed.run(session, _LEFT, ids=ids):
            of_each.setdefault(each.customer_id, []).append(each)
        return of_each.items()

    return once.asked(session, "left", customer_ids, ask)


_LEFT = (
    select(Message.id, Message.customer_id, Message.handed_at)
    .where(fixed.among(Message.customer_id, "ids"), Message.kind == MessageKind.check_in)
    .where(Message.handed_at.is_not(None))
    .order_by(Message.handed_at)
)
