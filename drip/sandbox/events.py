"""Event Webhook objects as the vendor writes them, field by field (its event reference)."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from drip.sandbox import mails

Event = dict[str, object]

SENDING_IP = "192.0.2.25"  # documentation addresses (RFC 5737): nobody can mistake them for real ones
READER_IP = "198.51.100.7"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Sandbox"

DELIVERY = frozenset({"processed", "deferred", "delivered", "bounce", "dropped"})
EXTRA: dict[str, Event] = {
    "processed": {"pool": {"name": "sandbox", "id": 1}},
    "deferred": {
        "response": "450 4.2.1 mailbox busy, try again later",
        "attempt": "1",
        "ip": SENDING_IP,
        "tls": 1,
    },
    "delivered": {"response": "250 2.0.0 OK", "ip": SENDING_IP, "tls": 1},
    "bounce": {
        "type": "bounce",
        "status": "5.1.1",
        "reason": "550 5.1.1 no such mailbox",
        "bounce_classification": "Invalid Address",
        "ip": SENDING_IP,
        "tls": 1,
    },
    "dropped": {"reason": "Bounced Address", "status": "5.0.0"},
    "open": {"useragent": BROWSER, "ip": READER_IP, "sg_machine_open": False, "sg_content_type": "html"},
    "click": {
        "url": "https://link.invalid/",
        "url_offset": {"index": 0, "type": "html"},
        "useragent": BROWSER,
        "ip": READER_IP,
    },
    "spamreport": {},
    "unsubscribe": {},
    "group_unsubscribe": {
        "asm_group_id": 1,
        "url": "https://link.invalid/",
        "useragent": BROWSER,
        "ip": READER_IP,
    },
    "group_resubscribe": {
        "asm_group_id": 1,
        "url": "https://link.invalid/",
        "useragent": BROWSER,
        "ip": READER_IP,
    },
}
# After these, the vendor drops what is sent to the address, and gives this reason.
SUPPRESSES = {
    "bounce": "Bounced Address",
    "spamreport": "Spam Reporting Address",
    "unsubscribe": "Unsubscribed Address",
}


def first(mail: mails.Mail, suppressed: str | None) -> list[Event]:
    """What follows an accepted mail by itself: processed, delivered; or dropped, for a `suppressed` address.

    Their ids depend on the mail only, so that a crash between two posts cannot make one event look like two.
    """
    if suppressed:
        return [_event(mail, "dropped", mail.business_time, _stable_id(mail, "dropped")) | {"reason": suppressed}]
    a_moment_later = mail.business_time + timedelta(seconds=1)
    return [
        _event(mail, "processed", mail.business_time, _stable_id(mail, "processed")),
        _event(mail, "delivered", a_moment_later, _stable_id(mail, "delivered")),
    ]


def asked(mail: mails.Mail, name: str, at: datetime, given: Event) -> Event:
    """The event that a person or a test asks for; `given` wins over the usual, null takes a field away."""
    event = _event(mail, name, at, secrets.token_urlsafe(16)) | given
    return {key: value for key, value in event.items() if value is not None}


def _event(mail: mails.Mail, name: str, at: datetime, event_id: str) -> Event:
    """custom_args lie flat among the vendor's own fields, which win over them."""
    event: Event = {
        **mail.custom_args,
        "email": mail.to,
        "timestamp": int(at.timestamp()),
        "event": name,
        "sg_event_id": event_id,
        "sg_message_id": f"{mail.request_id}.recvd-sandbox-5f54b5d587-1-{mail.number:08X}-{mail.recipient}.0",
        **EXTRA[name],
    }
    if name in DELIVERY:
        event["smtp-id"] = mail.message_id
    if mail.categories:
        event["category"] = mail.categories
    return event


def _stable_id(mail: mails.Mail, name: str) -> str:
    digest = hashlib.sha256(f"{mail.id} {name}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:18]).decode()
