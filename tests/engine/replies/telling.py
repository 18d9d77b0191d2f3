"""Events as the provider posts them, told to a database."""

import json
from datetime import datetime
from itertools import count

from sqlalchemy import select

from drip import db
from drip.engine.replies import take_in, track
from drip.models.delivery_event import DeliveryEvent
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from drip.providers.sendgrid import events
from tests import world

KEY = b"a secret of the tests"
ANA = "ana@buyers.example"
BLOCKED = {"type": "blocked", "status": "4.2.2", "reason": "452 mailbox full"}
GONE = {"type": "bounce", "status": "5.1.1", "reason": "550 no such mailbox"}

Event = dict[str, object]
_numbers = count()


def event(name: str, message_id: str | None = None, *, at: datetime = world.START, **fields: object) -> Event:
    """One object of the Event Webhook, with an id of its own unless one is given."""
    made: Event = {"event": name, "email": ANA, "timestamp": int(at.timestamp()), "sg_event_id": f"e{next(_numbers)}"}
    return made | ({"message_id": message_id} if message_id else {}) | fields


def store(database: db.Database, *told: Event) -> int:
    """As the webhook does; how many were new."""
    with database.write() as session:
        return take_in.store(session, events.read(json.dumps(told).encode()))


def apply(database: db.Database, limit: int = 500) -> int:
    """As the job does, once."""
    with database.write() as session:
        return track.apply_waiting(session, KEY, limit)


def tell(database: db.Database, *told: Event) -> None:
    """Store and apply."""
    store(database, *told)
    apply(database)


def kept(database: db.Database) -> list[DeliveryEvent]:
    with database.read() as session:
        return list(session.scalars(select(DeliveryEvent).order_by(DeliveryEvent.event_key)))


def stops(database: db.Database) -> list[tuple[Reason, bool, bool]]:
    """What is in force: the reason, whether for a person, whether for an address."""
    with database.read() as session:
        rows = session.scalars(select(Suppression).where(Suppression.lifted_at.is_(None)).order_by(Suppression.id))
        return [(row.reason, row.customer_id is not None, row.address_hash is not None) for row in rows]
