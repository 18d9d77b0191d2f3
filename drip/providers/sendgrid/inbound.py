"""Inbound Parse -> the mail that reached us, as MIME, with its envelope."""

import re
from dataclasses import dataclass
from typing import BinaryIO

from drip.providers.sendgrid import forms, posts, rebuild

MOST_RECIPIENTS = 100
LONGEST_ADDRESS = 320
_TOKEN = re.compile(r'<?"?(reply|stop)\+([0-9a-z]{1,26})"?@[^@\s<>]+>?', re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """`raw` is the mail as it came, or a parsed form put together again. Only the envelope says whom it was really
    for; `spf` and `dkim` are the provider's findings in its own words (`pass`, `{@quay.example : pass}`)."""

    raw: bytes
    envelope_to: tuple[str, ...]
    envelope_from: str
    spf: str
    dkim: str
    sender_ip: str


def read(content_type: str, body: BinaryIO | bytes) -> ReceivedMail:
    """Raises posts.UnreadablePost for what holds no mail, posts.TooLarge beyond the limits of `forms`."""
    form = forms.read(content_type, body)
    envelope = form.table("envelope")
    return ReceivedMail(
        raw=_mail(form),
        envelope_to=_addresses(envelope.get("to")),
        envelope_from=posts.line(envelope.get("from"), LONGEST_ADDRESS),
        spf=form.line("SPF", 60),
        dkim=form.line("dkim", 1000),
        sender_ip=form.line("sender_ip", 60),
    )


def token(address: str) -> tuple[str, str] | None:
    """("reply" or "stop", token in lower case) of an address of ours; None of any other."""
    found = _TOKEN.fullmatch(address.strip())
    return (found[1].lower(), found[2].lower()) if found else None


def _mail(form: forms.Form) -> bytes:
    if raw := form.value("email"):
        return raw
    if rebuild.holds_mail(form):
        return rebuild.mime(form)
    raise posts.UnreadablePost("The form holds no mail.")


def _addresses(given: object) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    lines = (posts.line(item, LONGEST_ADDRESS) for item in listed[:MOST_RECIPIENTS])
    return tuple(line for line in lines if line)
