"""One mail as it leaves: addresses, headers and text, before any provider's words."""

from dataclasses import dataclass, field

from drip.mail import render

# Names are shown, never parsed: what could end a header or start another address is left out (SendGrid refuses
# `;` and `,` in names; CR and LF would start a new header).
_UNSHOWABLE = str.maketrans(dict.fromkeys(';,<>"\\\r\n\t\x00\u2028\u2029', " "))
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom, to whom, and the way back."""

    message_id: str
    to_address: str
    to_name: str
    from_name: str
    from_local: str
    domain: str
    inbound_domain: str
    reply_token: str
    unsubscribe_url: str
    click_tracking: bool = False
    open_tracking: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A whole mail; `message_id` is ours and goes along as the one custom argument."""

    message_id: str
    to_address: str
    to_name: str
    from_address: str
    from_name: str
    reply_to: str
    subject: str
    text: str
    html: str | None
    headers: dict[str, str] = field(default_factory=dict)
    click_tracking: bool = False
    open_tracking: bool = False


def check_in(letter: render.Letter, envelope: Envelope) -> Outgoing:
    """A letter of a campaign: answered by just replying, left with one click (RFC 2369, RFC 8058)."""
    return _addressed(letter, envelope, _headers(envelope))


@dataclass(frozen=True, slots=True)
class Thread:
    """Where in a conversation a mail stands: the Message-ID that it answers, and those before."""

    in_reply_to: str | None
    references: tuple[str, ...] = ()
    by_machine: bool = False


def personal(letter: render.Letter, envelope: Envelope, thread: Thread) -> Outgoing:
    """A rep's own words to a customer, or a notice to a rep: in its thread, without the marks of a campaign."""
    return _addressed(letter, envelope, _threaded(envelope, thread))


def _addressed(letter: render.Letter, envelope: Envelope, headers: dict[str, str]) -> Outgoing:
    return Outgoing(
        message_id=envelope.message_id,
        to_address=envelope.to_address,
        to_name=shown(envelope.to_name),
        from_address=f"{envelope.from_local}@{envelope.inbound_domain}",
        from_name=shown(envelope.from_name),
        reply_to=f"reply+{envelope.reply_token}@{envelope.inbound_domain}",
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        headers=headers,
        click_tracking=envelope.click_tracking,
        open_tracking=envelope.open_tracking,
    )


def shown(name: str) -> str:
    """A name fit for a header: one line, without the characters that mean something there."""
    return " ".join(name.translate(_UNSHOWABLE).split())[:LONGEST_NAME]


def _headers(envelope: Envelope) -> dict[str, str]:
    """Auto-Submitted and X-Auto-Response-Suppress ask machines not to answer (RFC 3834; Exchange)."""
    stop = f"mailto:stop+{envelope.reply_token}@{envelope.inbound_domain}?subject=unsubscribe"
    return {
        "Message-ID": f"<{envelope.message_id}@{envelope.domain}>",
        "List-Unsubscribe": f"<{stop}>, <{envelope.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }


LONGEST_REFERENCES = 20  # of a long conversation the first and the latest are enough (RFC 5322 3.6.4)


def _threaded(envelope: Envelope, thread: Thread) -> dict[str, str]:
    headers = {"Message-ID": f"<{envelope.message_id}@{envelope.domain}>"}
    if thread.in_reply_to:
        known = list(dict.fromkeys([*thread.references, thread.in_reply_to]))
        headers["In-Reply-To"] = thread.in_reply_to
        headers["References"] = " ".join([*known[:1], *known[1:][-LONGEST_REFERENCES:]])
    if thread.by_machine:
        headers |= {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    return headers
