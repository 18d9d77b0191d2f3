"""FOLLOW UP: a mail that has been read becomes a customer's reply, and what it asks for is done."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.handoffs import hand_off, hold
from drip.engine.replies import classify, match, policy, track
from drip.mail import incoming
from drip.models import customer, system
from drip.models.handoff import Priority
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind
from drip.models.reply import Reply, ReplyKind

LONGEST_TEXT = 200_000  # characters kept beside the raw mail
MOST_REFERENCES = 20
MOST_FILES = 50
SEE = "Read it as mail"
POST_DAYS = timedelta(days=3)  # how long the provider tries to deliver a mail to us: further back, nothing crossed


def conclude(
    session: Session, row: InboundMail, mail: incoming.Incoming, meaning: classify.Meaning, key: bytes
) -> None:
    """Match it, write the reply down and do what the policy says; the mail's own row is locked. Nobody known wrote
    it: it waits for people."""
    now = system.business_now(session)
    found = match.find(session, row, mail, now)
    if found is None:
        row.state, row.detail = InboundState.unmatched, match.why_not(session, mail, meaning.kind)[:500]
        return
    if found.is_ours:
        meaning = replace(meaning, kind=ReplyKind.own_copy)
    others = {each.customer_id for each in match.addressed(session, row.envelope_to, row.envelope_from)}
    who = customer.lock(session, {found.customer_id, *others})[found.customer_id]
    row.customer_id, row.message_id = found.customer_id, found.message_id
    if policy.is_loop(session, found.customer_id, meaning.kind, now):
        row.state, row.detail = InboundState.discarded, "More automatic answers in a day than anybody needs."
        hold.release_read(session, found.customer_id, but=row.id)
    else:
        row.state, row.detail = InboundState.understood, meaning.kind.value
        if found.message_id is not None:
            track.prove(session, found.message_id, who, "customer")
        reply = _reply(session, row, mail, meaning, found)
        treated = policy.treatment(published.rules(session).replies, reply.kind, urgent=reply.urgent)
        policy.follow(session, policy.Heard(reply, meaning, key), treated)
    for each in sorted(others - {found.customer_id}):
        _also(session, row, meaning.kind, each)


def _also(session: Session, row: InboundMail, kind: ReplyKind, customer_id: int) -> None:
    """One mail went to the addresses of several customers: it is the reply of one, and nobody's words get lost with
    the others. Who wrote to the way out is not asked for more."""
    known = match.addressed(session, row.envelope_to, row.envelope_from)
    asked = next(each for each in known if each.customer_id == customer_id)
    if kind not in classify.MACHINES and asked.purpose == "reply":
        why = f"A mail of {row.envelope_from} went to their reply address and to another customer's. {SEE} {row.id}."
        hand_off.open_for(session, customer_id, Priority.medium, why, reply=None, about=asked.message_id)
    hold.release_read(session, customer_id, but=row.id)


def _reply(
    session: Session, row: InboundMail, mail: incoming.Incoming, meaning: classify.Meaning, found: match.Found
) -> Reply:
    reply = Reply(
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
    session.add(reply)
    session.flush()
    return reply


def _crossed(session: Session, row: InboundMail, mail: incoming.Incoming, found: match.Found) -> list[str]:
    """Check-ins that left after the customer wrote and before we had the mail; what a mail claims of its date counts
    within reason only."""
    wrote_at = max(mail.sent_at or row.received_at, row.received_at - POST_DAYS)
    theirs = (Message.customer_id == found.customer_id, Message.kind == MessageKind.check_in)
    left = (Message.handed_at > wrote_at, Message.id != (found.message_id or ""))
    return list(session.scalars(select(Message.id).where(*theirs, *left).order_by(Message.handed_at)))
