"""Which events stop us writing, and to whom: addresses that are bad, people who complain or unsubscribe."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select
from sqlalchemy.orm import Session

from drip import tokens
from drip.engine.people import suppress
from drip.models import customer, fixed
from drip.models.delivery_event import DeliveryEvent
from drip.models.message import Message
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from drip.providers.sendgrid import events
from drip.providers.sendgrid.events import EventKind

MANY = 3  # different mails that came back for now ...
WITHIN = timedelta(days=30)  # ... in so many days: the address is as good as dead

_BAD_ADDRESS = suppress.Stop(Reason.bounced, person=False, address=True, actor="provider")
_OF_KIND = {
    EventKind.complained: suppress.Stop(Reason.complained, address=True, actor="provider"),
    EventKind.unsubscribed: suppress.Stop(Reason.unsubscribed, "At the mail provider.", actor="provider"),
}
_CAME_BACK = (EventKind.bounced, EventKind.blocked)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stop that one event asks for. `customer_id`: whose mail it was; `ours`: it was a mail of ours; `soft`: it
    counts only together with others."""

    event_id: int
    at: datetime
    stop: suppress.Stop
    address: str
    customer_id: int | None
    ours: bool
    soft: bool


def wanted(session: Session, came: Iterable[Row[Any]], about: Mapping[str, Row[Any]]) -> list[Wanted]:
    """The stops that these events ask for; `about`: customer_id and to_address of our messages, by id."""
    stopping = [row for row in came if row.kind in _STOPPING]
    if not stopping:
        return []
    said = {row.id: row.payload for row in fixed.run(session, _SAID, ids=[row.id for row in stopping])}
    found = (_wanted(row, said[row.id], about.get(row.message_id or "")) for row in stopping)
    return [each for each in found if each is not None]


_SAID = select(DeliveryEvent.id, DeliveryEvent.payload).where(fixed.among(DeliveryEvent.id, "ids"))
_STOPPING = {*_CAME_BACK, *_OF_KIND, EventKind.dropped}


def people(session: Session, stops: Sequence[Wanted]) -> set[int]:
    """The customers whom these stops are about, to be locked together and before anything is stopped."""
    owners = _owners(session, stops).values()
    return {each.customer_id for each in stops if each.customer_id is not None} | set(owners)


def carry_out(session: Session, stops: Sequence[Wanted], key: bytes) -> None:
    """Suppress; what is known already changes nothing."""
    owners = _owners(session, stops)
    for each in stops:
        owner = owners.get(each.address)
        if (each.ours or owner is not None) and _holds(session, each, owner, key):
            _suppress(session, each, owner, key)


def too_many(instants: Iterable[datetime]) -> bool:
    """Whether MANY of these, one for each mail that came back, lie WITHIN a month."""
    ordered = sorted(instants)
    return any(last - first <= WITHIN for first, last in zip(ordered, ordered[MANY - 1 :], strict=False))


def _wanted(row: Row[Any], payload: object, message: Row[Any] | None) -> Wanted | None:
    said = events.read(json.dumps([payload]).encode())[0]
    soft = not row.permanent and row.kind in _CAME_BACK
    cause = said.because if row.kind == EventKind.dropped else EventKind(row.kind)
    stop = _BAD_ADDRESS if row.permanent or soft else _OF_KIND.get(cause) if cause else None
    address = (message.to_address if message else None) or said.email
    whose = message.customer_id if message else None
    if stop is None or not address or (soft and whose is None):
        return None
    return Wanted(
        event_id=row.id,
        at=row.at,
        stop=replace(stop, detail=stop.detail or row.reason),
        address=address,
        customer_id=whose,
        ours=message is not None,
        soft=soft,
    )


def _owners(session: Session, stops: Sequence[Wanted]) -> dict[str, int]:
    found = customer.by_email(session, {each.address for each in stops}) if stops else ()
    return {row["email"]: row["id"] for row in found}


def _holds(session: Session, each: Wanted, owner: int | None, key: bytes) -> bool:
    """Not when a person has lifted the same stop after it happened: an old event that comes again is no news."""
    lifted_at = _lifted_at(session, each, owner, key)
    if lifted_at is not None and each.at <= lifted_at:
        return False
    return not each.soft or too_many(_came_back(session, each, lifted_at))


def _lifted_at(session: Session, each: Wanted, owner: int | None, key: bytes) -> datetime | None:
    whose = [who for who in (each.customer_id, owner) if who is not None]
    address = tokens.fingerprint(key, each.address)
    found: datetime | None = fixed.run(session, _LIFTED, people=whose, address=address, why=each.stop.reason).scalar()
    return found


_LIFTED = select(func.max(Suppression.lifted_at)).where(
    or_(fixed.among(Suppression.customer_id, "people"), Suppression.address_hash == bindparam("address")),
    Suppression.reason == bindparam("why", type_=Suppression.reason.type),
)


def _came_back(session: Session, each: Wanted, since: datetime | None) -> Sequence[datetime]:
    """When each of our mails to this customer at this address came back first, of those that are stored."""
    rows = (
        select(func.min(DeliveryEvent.at))
        .join(Message, Message.id == DeliveryEvent.message_id)
        .where(Message.customer_id == each.customer_id, Message.to_address == each.address)
        .where(DeliveryEvent.kind.in_([kind.value for kind in _CAME_BACK]), DeliveryEvent.permanent.is_(False))
        .group_by(DeliveryEvent.message_id)
    )
    return session.scalars(rows if since is None else rows.where(DeliveryEvent.at > since)).all()


def _suppress(session: Session, each: Wanted, owner: int | None, key: bytes) -> None:
    """An address may have changed hands since the mail: then the person and the address are stopped apart."""
    person = each.customer_id if each.ours else owner
    if each.stop.person and each.stop.address and person == owner and person is not None:
        suppress.suppress(session, person, each.stop, key)
        return
    if each.stop.person and person is not None:
        suppress.suppress(session, person, replace(each.stop, address=False), key)
    if each.stop.address:
        suppress.suppress_address(session, each.address, replace(each.stop, person=False), key)
