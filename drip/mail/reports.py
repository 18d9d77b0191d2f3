"""Delivery reports (RFC 3464) and complaint reports (RFC 5965) as values."""

from __future__ import annotations

from dataclasses import dataclass

from drip.mail import header_values, mime

MAX_BLOCKS = 100
LONGEST_VALUE = 1_000
DELIVERY, FEEDBACK, DISPOSITION = "delivery", "feedback", "disposition"


@dataclass(frozen=True)
class Report:
    """What a machine reports of one of our mails; for several recipients, the worst.

    kind: delivery (DSN), feedback (ARF) or disposition (read receipt). action: failed, delayed, delivered, relayed or
    expanded; for feedback its type (abuse, auth-failure, opt-out ...). status: three numbers (RFC 3463).
    """

    kind: str
    action: str
    status: str
    final_recipient: str | None
    original_message_id: str | None
    diagnostic: str


KINDS = {
    "message/delivery-status": DELIVERY,
    "message/global-delivery-status": DELIVERY,
    "message/feedback-report": FEEDBACK,
    "message/disposition-notification": DISPOSITION,
}
WORST_FIRST = ("failed", "delayed", "expanded", "relayed", "delivered")


def read(parts: list[mime.Part]) -> Report | None:
    """The report that these parts hold, if any."""
    for part in parts:
        if kind := KINDS.get(part.content_type):
            return _report(kind, _blocks(part.decoded), _original_id(parts))
    return None


def _report(kind: str, blocks: list[dict[str, str]], original_id: str | None) -> Report:
    chosen = min(blocks, key=_badness) if kind == DELIVERY else {k: v for block in blocks for k, v in block.items()}
    action = chosen.get({FEEDBACK: "feedback-type", DISPOSITION: "disposition"}.get(kind, "action"), "")
    if kind == DISPOSITION:
        action = action.rpartition(";")[2]
    recipient = _address(chosen.get("original-recipient", "")) or _address(chosen.get("final-recipient", ""))
    if kind == FEEDBACK:
        recipient = _address(chosen.get("original-rcpt-to", "")) or recipient
    return Report(
        kind=kind,
        action=(action.replace("/", " ").split() or [""])[0].strip(";,.").lower(),
        status=(chosen.get("status", "").split() or [""])[0],
        final_recipient=recipient,
        original_message_id=original_id or _id(chosen.get("original-message-id", "")),
        diagnostic=chosen.get("diagnostic-code", ""),
    )


def _badness(block: dict[str, str]) -> tuple[int, bool]:
    """Of several that failed, one whose address does not exist counts."""
    action = (block.get("action", "").split() or [""])[0].strip(";,.").lower()
    is_address = block.get("status", "").strip().startswith("5.1.")
    return WORST_FIRST.index(action) if action in WORST_FIRST else len(WORST_FIRST), not is_address


def _blocks(body: bytes) -> list[dict[str, str]]:
    """The groups of fields between empty lines; always at least one."""
    found = []
    for block in body[:200_000].lstrip(b"\n").split(b"\n\n")[:MAX_BLOCKS]:
        found += _recipients(mime.headers_of(block.lstrip(b"\n")))
    return found[:MAX_BLOCKS]


def _recipients(headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    """A group of fields for each recipient, also where no empty line stands between two."""
    groups: list[dict[str, str]] = [{}]
    for name, value in headers:
        if name.lower() == "final-recipient" and "final-recipient" in groups[-1]:
            groups.append({})
        groups[-1].setdefault(name.lower(), value[:LONGEST_VALUE])
    return groups


def _address(value: str) -> str | None:
    """`rfc822; ana@buyers.example` -> the address."""
    found = header_values.addresses(value.rpartition(";")[2])
    return found[0][1] if found else None


def _original_id(parts: list[mime.Part]) -> str | None:
    """The Message-ID of the mail that came back, whole or as headers only."""
    for part in parts:
        if part.content_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"):
            headers = mime.headers_of(part.decoded[:200_000].lstrip(b"\n"))
            return next((_id(value) for name, value in headers if name.lower() == "message-id"), None)
    return None


def _id(value: str) -> str | None:
    found = header_values.message_ids(value)
    return found[0] if found else None
