"""TAKE IN: what the provider tells us, kept as it came before anything follows from it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.models import bulk, fixed, system
from drip.models.delivery_event import DeliveryEvent
from drip.providers.sendgrid.events import ProviderEvent

NewEvent = tuple[object, ...]  # a row of delivery_events, in the order of _COLUMNS
_COLUMNS = (
    *("event_key", "kind", "name", "message_id", "provider_id", "permanent", "reason"),
    *("payload", "at", "received_at"),
)


def store(session: Session, came: Iterable[ProviderEvent]) -> int:
    """Keep events as they came, each once by its id; how many were new."""
    return keep(session, unknown(session, came))


def unknown(session: Session, came: Iterable[ProviderEvent]) -> list[NewEvent]:
    """Those of these events that are not stored yet, each once, made ready for `keep`; only looks. Most of what is told
    again is known by then, and looking costs less than trying to insert it, and keeps nobody from writing."""
    now = system.business_now(session)
    once = {each.id: each for each in reversed(list(came))}  # of two with one id, the first
    known = fixed.run(session, _KNOWN, keys=list(once)).scalars().all()
    return [_row(once[key], now) for key in sorted(once.keys() - set(known))]


def keep(session: Session, rows: Sequence[NewEvent]) -> int:
    """Store what was unknown a moment ago; how many still were.

    In the order of their ids, so that two posts with the same events do not wait for each other in a ring.
    """
    return bulk.insert_new(session, bulk.listed(DeliveryEvent, _COLUMNS, rows), by_copy=False)


def _row(each: ProviderEvent, now: datetime) -> NewEvent:
    said = (each.id, each.kind.value, each.name, each.message_id, each.provider_id, each.permanent, each.reason)
    return (*said, each.raw, each.at or now, now)


_KNOWN = select(DeliveryEvent.event_key).where(fixed.among(DeliveryEvent.event_key, "keys"))
