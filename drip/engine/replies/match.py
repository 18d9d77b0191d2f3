"""MATCH: whose mail is this? By the token in its envelope, our Message-ID, or a sender whom we wrote to lately."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.mail import incoming
from drip.models.customer import Customer
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageState
from drip.models.reply import MatchedBy
from drip.providers.sendgrid import inbound as sendgrid

RECENT = timedelta(days=180)  # of business time: later, a sender alone proves nothing
_OUR_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{26}")
_VOUCHED = re.compile(r"@([^\s:{}]+) : pass")


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message of ours whose token stands in an envelope, and what the address was for: `reply` or `stop`."""

    purpose: str
    message_id: str
    customer_id: int


@dataclass(frozen=True, slots=True)
class Found:
    """Whose mail it is, which message it answers if that is certain, and how we know, in sentences."""

    customer_id: int
    message_id: str | None
    by: MatchedBy
    evidence: tuple[str, ...]


def addressed(session: Session, envelope_to: Iterable[str]) -> list[Addressed]:
    """The customers' messages whose tokens stand in an envelope, in its order. Headers count for nothing: anybody
    may write anything into To, only the envelope says where a mail went."""
    named = [found for address in envelope_to if (found := sendgrid.token(address))]
    rows = select(Message.id, Message.reply_token, Message.customer_id).where(
        Message.reply_token.in_([token for _, token in named]), Message.customer_id.is_not(None)
    )
    known = {row.reply_token: row for row in session.execute(rows)} if named else {}
    return [Addressed(purpose, known[token].id, known[token].customer_id) for purpose, token in named if token in known]


def find(session: Session, row: InboundMail, mail: incoming.Incoming, now: datetime) -> Found | None:
    """The customer, the surest proof first; None leaves the mail to people. `now` is business time."""
    return (
        _by_person(row)
        or _by_token(session, row, mail)
        or _by_message_id(session, mail)
        or _by_sender(session, row, mail, now - RECENT)
    )


def _by_person(row: InboundMail) -> Found | None:
    """A token sets customer and message together; a customer alone was chosen by somebody who read the mail."""
    if row.customer_id is None or row.message_id is not None:
        return None
    return Found(row.customer_id, None, MatchedBy.person, (row.detail or "Matched by hand.",))


def _by_token(session: Session, row: InboundMail, mail: incoming.Incoming) -> Found | None:
    known = addressed(session, row.envelope_to)
    if not known:
        return None
    answered = session.get_one(Message, known[0].message_id)
    way = "the way out of" if known[0].purpose == "stop" else "the reply address of"
    said = f"It was sent to {way} {_called(answered)}."
    return _answering(known[0].customer_id, answered, MatchedBy.token, said, mail)


def _by_message_id(session: Session, mail: incoming.Incoming) -> Found | None:
    """Our ids cannot be guessed, and each of our mails has one recipient."""
    ids = _our_ids(mail, published.rules(session).sending.domain)
    rows = session.scalars(select(Message).where(Message.id.in_(ids), Message.customer_id.is_not(None)))
    known = {message.id: message for message in rows} if ids else {}
    answered = next((known[one] for one in ids if one in known), None)
    if answered is None or answered.customer_id is None:
        return None
    said = f"It names {_called(answered)}."
    return _answering(answered.customer_id, answered, MatchedBy.message_id, said, mail)


def _by_sender(session: Session, row: InboundMail, mail: incoming.Incoming, since: datetime) -> Found | None:
    """The address of somebody who got a mail from us lately; a report counts for the address that it is about."""
    about = mail.report.final_recipient if mail.report else mail.from_address
    got_one = (Message.customer_id == Customer.id, Message.state == MessageState.accepted, Message.handed_at >= since)
    rows = select(Customer.id, Message.handed_at).join(Message, Message.customer_id == Customer.id)
    newest = rows.where(Customer.email == (about or ""), *got_one).order_by(Message.handed_at.desc()).limit(1)
    known = session.execute(newest).first()
    if known is None or not about:
        return None
    said = f"It is from {about}, who got a mail from us on {known.handed_at:%d %b %Y}."
    return Found(known.id, None, MatchedBy.sender, (said, *_unproven(row, mail)))


def _our_ids(mail: incoming.Incoming, domain: str) -> list[str]:
    """Ids of our mails that this one names: the answered one, then its conversation from the end."""
    reported = mail.report.original_message_id if mail.report else None
    named = [mail.in_reply_to, reported, *reversed(mail.references)]
    split = [one.lower().partition("@") for one in named if one]
    return [local for local, _, at in split if at == domain and _OUR_ID.fullmatch(local)]


def _answering(customer_id: int, answered: Message, by: MatchedBy, said: str, mail: incoming.Incoming) -> Found:
    expected = answered.to_address
    strange = mail.from_address and expected and mail.from_address != expected.lower()
    other: Sequence[str] = (f"It was sent from {mail.from_address}, expected {expected}.",) if strange else ()
    return Found(customer_id, answered.id, by, (said, *other))


def _unproven(row: InboundMail, mail: incoming.Incoming) -> Sequence[str]:
    """A From is easily forged: say so where neither DKIM nor SPF vouches for its domain."""
    domain = (mail.from_address or "").rpartition("@")[2]
    signed = _VOUCHED.findall(str(row.checks.get("dkim", "")).lower())
    sent = row.checks.get("spf") == "pass" and row.envelope_from.lower().endswith(f"@{domain}")
    return () if sent or domain in signed else ("Neither DKIM nor SPF vouches for this sender.",)


def _called(message: Message) -> str:
    what = f"our mail “{message.step}”" if message.step else "our mail"
    return f"{what} of {message.handed_at:%d %b %Y}" if message.handed_at else what
