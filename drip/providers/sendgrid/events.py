"""Event Webhook -> what happened to our mails, in our words."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from drip.providers.sendgrid import posts

MOST_BYTES = 5 * 1024 * 1024  # the provider posts at 768 kB
MOST_EVENTS = 10_000
LONGEST_EVENT_ID = 100  # the provider's own limit
LONGEST_ADDRESS = 254  # RFC 5321 4.5.3.1.3
LONGEST_REASON = 500
FIRST_MOMENT, LAST_MOMENT = 1_000_000_000, 4_102_444_800  # 2001 and 2100: a timestamp beyond is not in seconds
_OUR_ID = re.compile(r"[0-9a-z]{1,26}", re.ASCII)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")


class EventKind(StrEnum):
    """`blocked` is a refusal of this mail, `bounced` one of the address; a machine's opening says nothing about a
    person; `unknown` is kept, with the vendor's word, for people to see."""

    processed = "processed"
    deferred = "deferred"
    delivered = "delivered"
    bounced = "bounced"
    blocked = "blocked"
    dropped = "dropped"
    opened = "opened"
    machine_opened = "machine_opened"
    clicked = "clicked"
    complained = "complained"
    unsubscribed = "unsubscribed"
    unknown = "unknown"


KINDS = {
    "processed": EventKind.processed,
    "deferred": EventKind.deferred,
    "delivered": EventKind.delivered,
    "bounce": EventKind.bounced,
    "dropped": EventKind.dropped,
    "open": EventKind.opened,
    "click": EventKind.clicked,
    "spamreport": EventKind.complained,
    "spam_report": EventKind.complained,  # its settings' spelling
    "unsubscribe": EventKind.unsubscribed,
    "group_unsubscribe": EventKind.unsubscribed,
}
BLOCKS = {"blocked", "expired"}  # of a bounce's `type`: refused for now, given up after three days of trying
# Why it dropped a mail unsent: what had happened to the address before.
EARLIER = {
    "bounced address": EventKind.bounced,
    "spam reporting address": EventKind.complained,
    "unsubscribed address": EventKind.unsubscribed,
}
NOT_THE_ADDRESS = {"technical", "content", "reputation", "frequency/volume"}


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event. `name` is the vendor's word, `message_id` our own id, `provider_id` the id of our request, `at` None
    where it does not say when;
    `permanent`: the address itself is bad; `because`: what made the provider drop this mail; `raw` is safe to store."""

    id: str
    kind: EventKind
    name: str
    message_id: str | None
    provider_id: str | None
    email: str
    at: datetime | None
    permanent: bool
    reason: str
    raw: dict[str, object]
    because: EventKind | None = None


def read(raw: bytes, *, received_at: datetime | None = None) -> list[ProviderEvent]:
    """The events of one post, in its order; an element that makes no sense is among them as `unknown`.

    `received_at` (business time) stands in for a missing or impossible timestamp. Raises
    posts.UnreadablePost for what is no JSON array, posts.TooLarge beyond 5 MB or 10,000 events.
    """
    if len(raw) > MOST_BYTES:
        raise posts.TooLarge(f"A post of {len(raw)} bytes is no batch of events.")
    elements = posts.read_json(raw)
    if not isinstance(elements, list):
        raise posts.UnreadablePost("A batch of events is a JSON array.")
    if len(elements) > MOST_EVENTS:
        raise posts.TooLarge(f"{len(elements)} events in one post.")
    return [_event(element, received_at) for element in elements]


def _event(element: object, default_at: datetime | None) -> ProviderEvent:
    raw = posts.table(element) or {"value": element}
    name = posts.line(raw.get("event"), 60)
    kind = _kind(name, raw)
    return ProviderEvent(
        id=_id(raw),
        kind=kind,
        name=name,
        message_id=_message_id(raw),
        provider_id=_provider_id(raw),
        email=_email(raw),
        at=_at(raw.get("timestamp")) or default_at,
        permanent=_is_permanent(kind, raw),
        reason=_reason(raw),
        raw=raw,
        because=EARLIER.get(_word(raw, "reason")) if kind is EventKind.dropped else None,
    )


def _kind(name: str, raw: Mapping[str, object]) -> EventKind:
    kind = KINDS.get(name, EventKind.unknown)
    if kind is EventKind.bounced and _word(raw, "type") in BLOCKS:
        return EventKind.blocked
    if kind is EventKind.opened and raw.get("sg_machine_open") in (True, "true"):
        return EventKind.machine_opened
    return kind


def _id(raw: Mapping[str, object]) -> str:
    """Its own id, or a digest by which a repeated event is known again."""
    given = raw.get("sg_event_id")
    if isinstance(given, str) and 0 < len(given) <= LONGEST_EVENT_ID:
        return given
    canonical = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _message_id(raw: Mapping[str, object]) -> str | None:
    """Our custom argument lies flat among the vendor's fields; another sender on the account may use its name too."""
    given = raw.get("message_id")
    return given if isinstance(given, str) and _OUR_ID.fullmatch(given) else None


def _provider_id(raw: Mapping[str, object]) -> str | None:
    """The request's X-Message-Id: what stands before the first dot. Bounces that come late may have none."""
    return posts.line(raw.get("sg_message_id"), 400).partition(".")[0][:120] or None


def _email(raw: Mapping[str, object]) -> str:
    """In lower case, as customers are known by; half of one too long would be somebody else's."""
    given = posts.line(raw.get("email"), LONGEST_ADDRESS + 1).lower()
    return given if len(given) <= LONGEST_ADDRESS else ""


def _at(timestamp: object) -> datetime | None:
    try:
        seconds = float(timestamp) if isinstance(timestamp, (str, int, float)) else 0.0
    except ValueError:
        return None
    return datetime.fromtimestamp(seconds, UTC) if FIRST_MOMENT <= seconds < LAST_MOMENT else None


def _reason(raw: Mapping[str, object]) -> str:
    for field in ("reason", "response", "bounce_classification"):
        if field in raw and (said := posts.line(raw[field], LONGEST_REASON)):
            return said
    return ""


def _is_permanent(kind: EventKind, raw: Mapping[str, object]) -> bool:
    """The address itself is bad: nobody can be reached there, whatever the mail and whoever sends it."""
    if kind is EventKind.dropped:
        return _word(raw, "reason") in ("bounced address", "invalid")
    if kind not in (EventKind.bounced, EventKind.blocked):
        return False
    classification = _word(raw, "bounce_classification")
    if classification == "invalid address":
        return True
    return kind is EventKind.bounced and classification not in NOT_THE_ADDRESS and _blames_the_address(raw)


def _blames_the_address(raw: Mapping[str, object]) -> bool:
    """By the status code (RFC 3463): x.1 is the recipient but for x.1.7 and x.1.8, which are the sender; x.2.1 a closed
    mailbox. Microsoft's hosts say 5.4.1 of a recipient they don't have. Without a telling code the provider's word
    counts: it calls a bounce what is permanent."""
    found = _STATUS.search(_word(raw, "status")) or _STATUS.search(_reason(raw))
    if not found:
        return True
    grade, subject, detail = (int(number) for number in found.groups())
    if grade != 5:
        return False
    if subject == 1:
        return detail not in (7, 8)
    return subject == 0 or (subject, detail) in ((2, 1), (4, 1))


def _word(raw: Mapping[str, object], field: str) -> str:
    return posts.line(raw.get(field), 100).lower()
