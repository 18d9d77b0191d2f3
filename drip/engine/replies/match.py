"""MATCH: whose mail is this? By the token in its envelope, our Message-ID, or a sender whom we wrote to lately."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.replies import alignment, classify, envelope
from drip.mail import header_values, incoming
from drip.models import customer, once
from drip.models.customer import Customer
from drip.models.handoff import Handoff
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reply import MatchedBy, ReplyKind
from drip.providers.sendgrid import inbound as sendgrid

RECENT = timedelta(days=180)  # of business time: later, a sender alone proves nothing
# What may have reached somebody: of two of these nobody knows yet whether it did.
_MAY_HAVE_COME = (MessageState.accepted, MessageState.handed, MessageState.ambiguous)


@dataclass(frozen=True, slots=True)
class Found:
    """Whose mail it is, which message it answers if that is certain, and how we know, in sentences.
    `is_ours`: it answers a notice, so one of us wrote it, and about this customer. `proves`: we did not know that the
    message had arrived."""

    customer_id: int
    message_id: str | None
    by: MatchedBy
    evidence: tuple[str, ...]
    is_ours: bool = False
    proves: bool = False


def find(session: Session, row: InboundMail, mail: incoming.Incoming, now: datetime) -> Found | None:
    """The customer, the surest proof first; None leaves the mail to people. `now` is business time."""
    return (
        _by_person(row)
        or _by_token(session, row, mail)
        or _by_message_id(session, row, mail)
        or _by_notice(session, row, mail)
        or _by_sender(session, row, mail, now - RECENT)
    )


def look_ahead(session: Session, envelopes: Iterable[Iterable[str]], writers: Iterable[str | None]) -> None:
    """Ask in one for what many mails want to know: the messages of their envelopes, and which writers we know."""
    envelope.look_ahead(session, envelopes)
    _known_writers(session, [writer for writer in writers if writer])


def _known_writers(session: Session, addresses: Sequence[str]) -> dict[str, bool | None]:
    def ask(missing: list[str]) -> Iterator[tuple[str, bool]]:
        return ((address, True) for address in customer.known(session, missing))

    return once.asked(session, "writers", addresses, ask)


def of_evidence(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """The evidence of a reply apart: whose mail it is, and what it says."""
    count = len(list(itertools.takewhile(_is_ours, sentences)))
    return list(sentences[:count]), list(sentences[count:])


def _is_ours(sentence: str) -> bool:
    ends = " is a customer too."
    return sentence == alignment.UNPROVEN or sentence.startswith(_BEGINNINGS) or sentence.endswith(ends)


_BEGINNINGS = (
    "It was sent to ",
    "It was sent from ",
    "It also went to ",
    "It names our ",
    "It is from ",
    "It reports on ",
    "It answers our ",
    "Matched by ",
)


def why_not(session: Session, mail: incoming.Incoming, kind: ReplyKind) -> str:
    """Why nobody was found, in sentences for the person who looks at the mail; the subject first, to know it by."""
    wrote = mail.from_address or "Nobody who gives an address"
    subject = "".join(letter if letter.isprintable() else " " for letter in mail.subject)  # nothing that turns a line
    title = " ".join(subject.split())[:160]
    called = f"“{title}”{'' if title[-1] in '.?!' else '.'} " if title else ""
    reads = f" It reads like {_KINDS[kind]}." if kind in _KINDS else ""
    if kind is ReplyKind.own_copy:
        return f"{called}{wrote} is one of us, and it names no conversation."
    if mail.from_address and _known_writers(session, [mail.from_address])[mail.from_address]:
        return f"{called}{wrote} is a customer, but has got no mail from us for half a year.{reads}"
    return f"{called}{wrote} is not known here, and it names no mail of ours.{reads}"


_KINDS = {
    ReplyKind.auto_reply: "an automatic answer",
    ReplyKind.out_of_office: "an absence note",
    ReplyKind.bounce: "a mail that came back",
    ReplyKind.complaint: "a complaint about spam",
    ReplyKind.list: "mail of a list",
    ReplyKind.opt_out: "a wish to get no more mail",
}


def _by_person(row: InboundMail) -> Found | None:
    """A token sets customer and message together; a customer alone was chosen by somebody who read the mail."""
    if row.customer_id is None or row.message_id is not None:
        return None
    return Found(row.customer_id, None, MatchedBy.person, (row.detail or "Matched by hand.",))


def _by_token(session: Session, row: InboundMail, mail: incoming.Incoming) -> Found | None:
    known = envelope.addressed(session, row.envelope_to, row.envelope_from)
    if not known:
        return None
    answered = known[0].message
    way = "the way out of" if known[0].purpose == "stop" else "the reply address of"
    others = {each.message_id: each.message for each in known if each.message_id != answered.id}
    also = (f"It also went to the address of {_called(each)}." for each in others.values())
    said = (f"It was sent to {way} {_called(answered)}.", *also, *_strange(session, row, answered, mail))
    proves = answered.state is not MessageState.accepted
    return Found(answered.customer_id, answered.id, MatchedBy.token, said, proves=proves)


def _by_message_id(session: Session, row: InboundMail, mail: incoming.Incoming) -> Found | None:
    """Our ids cannot be guessed, and each of our mails has one recipient."""
    answered = _named(session, mail, Message.customer_id.is_not(None))
    if answered is None or answered.customer_id is None:
        return None
    said = (f"It names {_called(answered)}.", *_strange(session, row, answered, mail))
    proves = answered.state is not MessageState.accepted
    return Found(answered.customer_id, answered.id, MatchedBy.message_id, said, proves=proves)


def _by_notice(session: Session, row: InboundMail, mail: incoming.Incoming) -> Found | None:
    """An answer to a notice: a rep wrote it, and it belongs to the conversation that the notice was about."""
    notices = (Message.kind == MessageKind.notice, Message.handoff_id.is_not(None))
    tokens = [found[1] for address in row.envelope_to if (found := sendgrid.token(address))]
    by_token = select(Message).where(Message.reply_token.in_(tokens), *notices).limit(1)
    told = session.scalars(by_token).first() if tokens else None
    by = MatchedBy.token if told else MatchedBy.message_id
    told = told or _named(session, mail, *notices)
    if told is None:
        return None
    about = session.get_one(Handoff, told.handoff_id)
    said = f"It answers {_called(told)} to {told.to_address}: the customer has not got it."
    proves = told.state is not MessageState.accepted
    return Found(about.customer_id, told.id, by, (said, *_unproven(row, mail)), is_ours=True, proves=proves)


def _by_sender(session: Session, row: InboundMail, mail: incoming.Incoming, since: datetime) -> Found | None:
    """The address of somebody who got a mail from us lately; a report counts for the address that it is about."""
    about = mail.report.final_recipient if mail.report else mail.from_address
    got_one = (Message.customer_id == Customer.id, Message.state.in_(_MAY_HAVE_COME), Message.handed_at >= since)
    rows = select(Customer.id, Message.handed_at).join(Message, Message.customer_id == Customer.id)
    newest = rows.where(Customer.email == (about or ""), *got_one).order_by(Message.handed_at.desc()).limit(1)
    known = session.execute(newest).first()
    if known is None or not about:
        return None
    said = f"It is from {about}, who got a mail from us on {known.handed_at:%d %b %Y}."
    if mail.report:
        said = f"It reports on {about}, to whom a mail of ours went on {known.handed_at:%d %b %Y}."
    return Found(known.id, None, MatchedBy.sender, (said, *_unproven(row, mail)))


def _named(session: Session, mail: incoming.Incoming, *which: ColumnElement[bool]) -> Message | None:
    """The newest of our mails that this one names."""
    ids = _our_ids(mail, published.rules(session).sending.domain)
    rows = session.scalars(select(Message).where(Message.id.in_(ids), *which)) if ids else ()
    known = {message.id: message for message in rows}
    return next((known[one] for one in ids if one in known), None)


def _our_ids(mail: incoming.Incoming, domain: str) -> list[str]:
    """Ids of our mails that this one names: the answered one, then its conversation from the end."""
    reported = mail.report.original_message_id if mail.report else None
    answered = header_values.message_ids(mail.first("in-reply-to"))  # some clients name several
    named = [*answered, reported, *reversed(mail.references)]
    split = [one.lower().partition("@") for one in named if one]
    return [local for local, _, at in split if at == domain and classify.OUR_ID.fullmatch(local)]


def _strange(
    session: Session, row: InboundMail, answered: Message | Row[Any], mail: incoming.Incoming
) -> Iterator[str]:
    """What speaks against its being from the one whom we wrote to."""
    expected, wrote = (answered.to_address or "").lower(), mail.from_address
    if wrote and expected and wrote != expected and not mail.is_report:
        yield f"It was sent from {wrote}, expected {expected}."
        if _known_writers(session, [wrote])[wrote]:
            yield f"{wrote} is a customer too."
    yield from _unproven(row, mail)


def _unproven(row: InboundMail, mail: incoming.Incoming) -> Sequence[str]:
    """A From is easily forged: say so where nothing vouches for its domain. A report is a machine's word anyway."""
    judged = alignment.judge(row.checks, row.envelope_from, mail.from_address)
    return () if judged.is_proven or mail.is_report else (judged.sentence,)


def _called(message: Message | Row[Any]) -> str:
    name = "our notice" if message.kind is MessageKind.notice else "our mail"
    what = f"{name} “{message.step}”" if message.step else name
    return f"{what} of {message.handed_at:%d %b %Y}" if message.handed_at else what
