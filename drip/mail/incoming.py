"""Raw mail that reached us -> values; bounded, and never trusted."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from drip.mail import bodies, bounded_child, charsets, header_values, mime, reports

MAX_NAME = 200
MAX_SUBJECT = 1_000

UnreadableMail = mime.UnreadableMail
Report = reports.Report


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail: what it calls itself (no path), its size in bytes, the hash of its content."""

    name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Incoming:
    """A mail as values. Addresses are in lower case, ids without angle brackets, `sent_at` is what the mail claims."""

    message_id: str | None
    in_reply_to: str | None
    references: tuple[str, ...]
    from_address: str | None
    from_name: str
    to_addresses: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    text: str
    html: str | None
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]
    is_report: bool
    report: reports.Report | None

    def first(self, name: str) -> str:
        """The first header of this name (any case), or an empty text."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


def parse(raw: bytes) -> Incoming:
    """The mail as values, in time that grows with its size only. Raises UnreadableMail beyond the limits of mime.py."""
    top = mime.read(raw)
    parts = list(bodies.leaves(top))
    headers = tuple((name, header_values.decoded(value)) for name, value in top.headers)
    text, html = bodies.words(top)
    from_name, from_address = _sender(top)
    report = reports.read(parts)
    return Incoming(
        message_id=next(iter(header_values.message_ids(top.first("message-id"))), None),
        in_reply_to=next(iter(header_values.message_ids(top.first("in-reply-to"))), None),
        references=header_values.message_ids(top.first("references")),
        from_address=from_address,
        from_name=from_name,
        to_addresses=_recipients(top),
        subject=header_values.decoded(top.first("subject"))[:MAX_SUBJECT],
        sent_at=header_values.date(top.first("date")),
        text=text,
        html=html,
        headers=headers,
        attachments=tuple(_attachment(part) for part in parts if is_file(part)),
        is_report=report is not None or top.content_type == "multipart/report",
        report=report,
    )


def parse_safely(raw: bytes, seconds: float = 5.0, megabytes: int = 512) -> Incoming:
    """`parse` in a child process that is killed beyond this time or memory. Raises UnreadableMail."""
    try:
        answer = _child(seconds, megabytes).ask(raw)
    except bounded_child.Breach as breach:
        raise UnreadableMail(f"The mail could not be read: {breach}") from breach
    return from_json(answer)


@functools.cache
def _child(seconds: float, megabytes: int) -> bounded_child.Child:
    return bounded_child.Child("drip.mail.incoming_child", seconds=seconds, megabytes=megabytes)


def as_json(mail: Incoming) -> bytes:
    """For the pipe between processes; `from_json` is the way back."""
    return json.dumps(asdict(mail), default=datetime.isoformat).encode()


def from_json(answer: bytes) -> Incoming:
    """Raises UnreadableMail if the answer says why there is no mail."""
    read = json.loads(answer)
    if "unreadable" in read:
        raise UnreadableMail(str(read["unreadable"]))
    read["sent_at"] = datetime.fromisoformat(read["sent_at"]) if read["sent_at"] else None
    read["attachments"] = tuple(Attachment(**one) for one in read["attachments"])
    read["report"] = reports.Report(**read["report"]) if read["report"] else None
    read["headers"] = tuple((name, value) for name, value in read["headers"])
    return Incoming(**{**read, "references": tuple(read["references"]), "to_addresses": tuple(read["to_addresses"])})


def _sender(top: mime.Part) -> tuple[str, str | None]:
    found = header_values.addresses(top.first("from")) or header_values.addresses(top.first("sender"))
    return (found[0][0][:MAX_NAME], found[0][1]) if found else ("", None)


def _recipients(top: mime.Part) -> tuple[str, ...]:
    values = [value for name, value in top.headers if name.lower() in ("to", "cc")]
    found = [address for value in values[:20] for _, address in header_values.addresses(value)]
    return tuple(dict.fromkeys(found))[: header_values.MAX_ADDRESSES]


def is_file(part: mime.Part) -> bool:
    """It came beside the words."""
    is_own_words = part.content_type in reports.KINDS
    return not bodies.is_body(part) and not is_own_words and bool(part.headers)


def _attachment(part: mime.Part) -> Attachment:
    content = part.decoded
    return Attachment(_name(part), bodies.kind(part)[:MAX_NAME], len(content), hashlib.sha256(content).hexdigest())


def _name(part: mime.Part) -> str:
    """Only the last piece of a path, without control characters; `attachment` if nothing is left."""
    _, parameters = header_values.parameters(part.first("content-disposition"))
    called = header_values.decoded(parameters.get("filename") or part.parameters.get("name") or "")
    last = called.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in charsets.clean(last) if letter.isprintable()).strip(". ")
    return shown[:MAX_NAME] or "attachment"
