"""A mail as it came, made safe to look at: what could be read of it, its headers, its first bytes as plain letters."""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session, undefer

from drip.engine.replies import alignment
from drip.mail import files, incoming
from drip.models.inbound import InboundMail, InboundState
from drip.web.reading import conversation

TOP_BYTES = 4_000  # of a mail that we cannot read
MOST_HEADERS, LONGEST_HEADER = 60, 500
FIRST = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "reply-to", "return-path",
         "auto-submitted", "precedence", "list-id")  # fmt: skip
_HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Seen:
    """`read` is None for a mail that could not be read; `judged`: whether its From is proven."""

    read: incoming.Incoming | None
    headers: tuple[tuple[str, str], ...]
    top: str
    size: int
    judged: alignment.Verdict


def of(session: Session, inbound_id: int) -> InboundMail | None:
    """The mail with its bytes."""
    known = 0 < inbound_id < 2**63
    return session.get(InboundMail, inbound_id, options=[undefer(InboundMail.raw)]) if known else None


def seen(row: InboundMail) -> Seen:
    """Read in a bounded child, so call it outside of any transaction."""
    mail = _read(row)
    judged = alignment.judge(row.checks, row.envelope_from, mail.from_address if mail else None)
    return Seen(mail, _headers(mail) if mail else (), top(row.raw), len(row.raw), judged)


def file(row: InboundMail, place: int) -> tuple[str, bytes] | None:
    """Name and content of the file at this place of the mail's; None when there is none."""
    mail = _read(row)
    if mail is None or not 0 <= place < len(mail.attachments):
        return None
    try:
        return mail.attachments[place].name, files.content_safely(row.raw, place)
    except incoming.UnreadableMail:
        return None


def top(raw: bytes) -> str:
    """The beginning of the raw mail as plain letters; what is none becomes a dot."""
    text = conversation.clean(raw[:TOP_BYTES].decode("ascii", "replace"))
    return re.sub(r"[^\n\t -~]", "·", text)


def _read(row: InboundMail) -> incoming.Incoming | None:
    """What is known to be unreadable is not tried again for a page."""
    if row.state is InboundState.unreadable:
        return None
    try:
        return incoming.parse_safely(row.raw)
    except incoming.UnreadableMail:
        return None


def _headers(mail: incoming.Incoming) -> tuple[tuple[str, str], ...]:
    """Those that say who, to whom and what first, then the others in their order; nothing hides or turns the line."""
    ranked = sorted(
        mail.headers, key=lambda header: FIRST.index(header[0].lower()) if _leads(header[0]) else len(FIRST)
    )
    return tuple((name, _HIDDEN.sub("·", conversation.clean(value))[:LONGEST_HEADER]) for name, value in ranked)[
        :MOST_HEADERS
    ]


def _leads(name: str) -> bool:
    return name.lower() in FIRST
