"""A customer's answer: written as a mail client does, in the form that Inbound Parse posts (`send_raw`)."""

import html
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from zoneinfo import ZoneInfo

from drip.sandbox import mails

# At 78 characters, Python turns a long Message-ID in References into an encoded word; 998 is what SMTP allows.
WHOLE_LINES = policy.SMTP.clone(max_line_length=998)
ATTACHABLE = frozenset({"application", "audio", "font", "image", "text", "video"})  # others are no plain bytes
SENDER_IP = "203.0.113.9"  # a documentation address (RFC 5737)


@dataclass(frozen=True)
class File:
    """A file that the customer sends along; `kind` is its content type."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Answer:
    """What the customer does: everything but `text` has a usual value. `at` is business time."""

    text: str
    at: datetime
    html: str | None = None
    sender: str | None = None
    to: str | None = None
    subject: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A finished answer: its envelope, and the mail as bytes."""

    sender: str
    to: str
    subject: str
    message_id: str
    raw: bytes


def write(mail: mails.Mail, answer: Answer) -> Letter:
    """Raises ValueError when a header or an address can't be written."""
    sender = _address(answer.sender) if answer.sender else _named(mail.to_name, mail.to)
    to = _address(answer.to) if answer.to else _named(mail.sender_name, mail.reply_to)
    message = EmailMessage(policy=WHOLE_LINES)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = answer.subject if answer.subject is not None else _re(mail.subject)
    message["Date"] = format_datetime(_local(answer.at, mail))
    message["Message-ID"] = f"<{secrets.token_hex(12)}@{sender.domain}>"
    message["In-Reply-To"] = mail.message_id
    message["References"] = f"{_header(mail, 'references')} {mail.message_id}".strip()
    message["User-Agent"] = "Drip sandbox mailbox"
    _override(message, answer.headers)
    _fill(message, mail, answer)
    return Letter(
        sender=sender.addr_spec,
        to=to.addr_spec,
        subject=str(message["Subject"] or ""),
        message_id=str(message["Message-ID"] or ""),
        raw=message.as_bytes(),
    )


def form(letter: Letter) -> tuple[bytes, str]:
    """The multipart form and its content type; header fields are given in UTF-8, as the vendor does."""
    domain = letter.sender.rpartition("@")[2]
    fields = {
        "email": letter.raw,
        "to": letter.to.encode(),
        "from": letter.sender.encode(),
        "subject": letter.subject.encode(),
        "envelope": json.dumps({"to": [letter.to], "from": letter.sender}).encode(),
        "charsets": json.dumps({"to": "UTF-8", "from": "UTF-8", "subject": "UTF-8"}).encode(),
        "dkim": f"{{@{domain} : pass}}".encode(),
        "SPF": b"pass",
        "sender_ip": SENDER_IP.encode(),
    }
    boundary = f"sandbox{secrets.token_hex(12)}"
    parts = [_part(boundary, name, value) for name, value in fields.items()]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def raw_letter(raw: bytes, *, sender: str, to: str) -> Letter:
    """A mail that somebody else wrote, for instance a bounce or a broken one, with an envelope of its own."""
    return Letter(sender=sender, to=to, subject="", message_id="", raw=raw)


def _part(boundary: str, name: str, value: bytes) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _address(given: str) -> Address:
    name, spec = parseaddr(given)
    if not spec or "\r" in given or "\n" in given:
        raise ValueError(f"not an address: {given!r}")
    return _named(name, spec)


def _named(name: str, spec: str) -> Address:
    """A domain beyond ASCII is written as DNS knows it."""
    local, _, domain = spec.rpartition("@")
    return Address(name, addr_spec=f"{local}@{domain.encode('idna').decode()}")


def _re(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _local(at: datetime, mail: mails.Mail) -> datetime:
    return at.astimezone(ZoneInfo(mail.time_zone)) if mail.time_zone else at


def _header(mail: mails.Mail, name: str) -> str:
    return next((value for key, value in mail.headers.items() if key.lower() == name), "")


def _override(message: EmailMessage, headers: dict[str, str]) -> None:
    """Given headers replace the usual ones; an empty value takes one away."""
    for name, value in headers.items():
        del message[name]
        if value:
            message[name] = value


def _fill(message: EmailMessage, mail: mails.Mail, answer: Answer) -> None:
    attribution = f"On {_local(mail.business_time, mail):%a, %-d %b %Y at %H:%M}, {_author(mail)} wrote:"
    quoted = "\n".join(f"> {line}".rstrip() for line in mail.text.splitlines())
    message.set_content(f"{answer.text.rstrip()}\n\n{attribution}\n\n{quoted}\n")
    if answer.html is not None:
        quote = f'<div class="gmail_attr">{html.escape(attribution)}</div><blockquote>{mail.html}</blockquote>'
        message.add_alternative(f'{answer.html}<div class="gmail_quote">{quote}</div>', subtype="html")
    for file in answer.files:
        main, _, sub = file.kind.partition("/")
        kind = (main, sub) if main in ATTACHABLE and sub else ("application", "octet-stream")
        message.add_attachment(file.content, maintype=kind[0], subtype=kind[1], filename=file.name)


def _author(mail: mails.Mail) -> str:
    return f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else f"<{mail.sender}>"
