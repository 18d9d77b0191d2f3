"""TRACK: what the provider says happened, once it is stored: in any order, any number of times, to the same end."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from drip import logs
from drip.campaigns import calendar, published
from drip.engine.replies import track_stops
from drip.engine.sending import pointer
from drip.models import audit, change, customer, enrollment, fixed, system
from drip.models.base import UtcDateTime
from drip.models.change import Change, Values
from drip.models.customer import Customer
from drip.models.delivery_event import DeliveryEvent
from drip.models.enrollment import Enrollment
from drip.models.message import Delivery, Message, MessageKind, MessageState
from drip.providers.sendgrid.events import EventKind

PORTION = 150  # events in one transaction: whoever stores others waits for it on SQLite

log = logging.getLogger("drip.track")

# What an event says of its mail's way, the weakest word first: a word never gives way to a weaker one.
DELIVERIES: dict[str, Delivery] = {
    EventKind.processed: Delivery.processed,
    EventKind.deferred: Delivery.deferred,
    EventKind.delivered: Delivery.delivered,
    EventKind.dropped: Delivery.dropped,
    EventKind.blocked: Delivery.bounced,
    EventKind.bounced: Delivery.bounced,
    EventKind.complained: Delivery.complained,
}
_RANKS = {delivery: rank for rank, delivery in enumerate(dict.fromkeys(DELIVERIES.values()))}
_TOLD = (Delivery.deferred, Delivery.dropped, Delivery.bounced)  # those whose reason people want to read
_IN_DOUBT = (MessageState.handed, MessageState.ambiguous)
_PUT_BACK = (MessageState.queued, MessageState.claimed)
_LEFT_OUT = (MessageState.skipped, MessageState.cancelled)


def apply_waiting(session: Session, key: bytes, limit: int = PORTION) -> int:
    """Apply up to `limit` stored events, the oldest first; how many. `key` makes fingerprints of addresses.

    Locks the customers whom more than the mail's way concerns, in the order of their ids, then messages. A message
    that somebody is settling at this moment is not waited for (settlements lock theirs in another order): its events
    stay for the next round.
    """
    waiting = fixed.run(session, _WAITING, limit=limit).all()
    about = _about(session, waiting)
    stops = track_stops.wanted(session, waiting, about)
    people = customer.lock(session, _in_doubt(about) | track_stops.people(session, stops))
    rows = {row.id: row for row in fixed.run(session, _FREE, ids=sorted(about)).all()}
    done = [each.id for each in waiting if each.message_id not in about or each.message_id in rows]
    _settle(session, rows, people)
    track_stops.carry_out(session, [stop for stop in stops if stop.event_id in set(done)], key)
    fixed.run(session, _APPLIED, ids=done, now=system.business_now(session))
    return len(done)


def prove(session: Session, message_id: str, who: Customer, actor: str) -> None:
    """Whoever answers a mail has got it, whatever we believed: the same end as by an event. `who`, whose mail it was,
    is locked; one mail at a time, so that whoever settles it now is waited for and never in a ring."""
    rows = select(Message).where(Message.id == message_id).with_for_update(key_share=True)
    row = session.scalars(rows.execution_options(populate_existing=True)).one()
    if row.state is not MessageState.accepted and not _never_left(row):
        _accept(session, row, who, actor)


_WAITING = (
    select(
        *(DeliveryEvent.id, DeliveryEvent.kind, DeliveryEvent.message_id),
        *(DeliveryEvent.permanent, DeliveryEvent.reason, DeliveryEvent.at),
    )
    .where(DeliveryEvent.applied_at.is_(None))
    .order_by(DeliveryEvent.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_ABOUT = select(Message.id, Message.customer_id, Message.to_address, Message.state).where(
    fixed.among(Message.id, "ids")
)
_FREE = (
    select(
        *(Message.id, Message.state, Message.attempt, Message.customer_id),
        *(Message.provider_id, Message.delivery, Message.detail),
    )
    .where(fixed.among(Message.id, "ids"))
    .order_by(Message.id)
    .with_for_update(skip_locked=True, key_share=True)
)
_TOLD_OF = (
    select(DeliveryEvent.message_id, DeliveryEvent.kind, DeliveryEvent.reason, DeliveryEvent.provider_id)
    .where(fixed.among(DeliveryEvent.message_id, "ids"))
    .order_by(DeliveryEvent.at, DeliveryEvent.event_key)
)
_NOW = bindparam("now", type_=UtcDateTime())
_APPLIED = update(DeliveryEvent).where(fixed.among(DeliveryEvent.id, "ids")).values(applied_at=_NOW)


@dataclass(frozen=True, slots=True)
class _Told:
    """All stored events of one message, taken together."""

    delivery: Delivery | None
    detail: str
    provider_id: str | None


def _about(session: Session, waiting: Sequence[Row[Any]]) -> dict[str, Row[Any]]:
    """The messages of ours that these events speak of, not locked yet."""
    ids = {each.message_id for each in waiting if each.message_id}
    return {row.id: row for row in fixed.run(session, _ABOUT, ids=sorted(ids)).all()}


def _in_doubt(about: Mapping[str, Row[Any]]) -> set[int]:
    """Whose mails are not known to have arrived: an event may move their enrollment and fill their day. What is
    accepted stays so; a notice to a rep is no customer's."""
    open_still = (row for row in about.values() if row.state is not MessageState.accepted)
    return {row.customer_id for row in open_still if row.customer_id is not None}


def _settle(session: Session, rows: Mapping[str, Row[Any]], people: Mapping[int, Customer]) -> None:
    """Whatever an event says, it proves that the provider has the mail."""
    left = [row for row in rows.values() if not _never_left(row)]
    _accept_all(session, [row.id for row in left if row.state is not MessageState.accepted], people)
    told = _told(session, [row.id for row in left])
    news = [_news(row, told[row.id]) for row in left if row.id in told]
    change.apply(session, _NEWS, [each for each in news if each != _known(rows[str(each[-1])])])


_NEWS = Change(Message, ("provider_id", "delivery", "detail"))


def _accept_all(session: Session, ids: Sequence[str], people: Mapping[int, Customer]) -> None:
    if not ids:
        return
    known = select(Message).where(Message.id.in_(ids)).order_by(Message.id)
    for row in session.scalars(known.execution_options(populate_existing=True)):
        _accept(session, row, people.get(row.customer_id or 0), "provider")
    session.flush()


def _news(row: Row[Any], told: _Told) -> Values:
    """What its events make of a message; those that say nothing of its way leave that as it was."""
    detail = row.detail if row.state is MessageState.accepted else ""
    said = detail if told.delivery is None else told.detail
    return (row.provider_id or told.provider_id, told.delivery or row.delivery, said, row.id)


def _known(row: Row[Any]) -> Values | None:
    """The same of what is written down already; None for what has just been accepted."""
    if row.state is not MessageState.accepted:
        return None
    return (row.provider_id, row.delivery, row.detail, row.id)


def _told(session: Session, ids: Sequence[str]) -> dict[str, _Told]:
    """Taken from everything that is stored, so that neither order nor repetition can matter."""
    events: dict[str, list[Row[Any]]] = {}
    for row in fixed.run(session, _TOLD_OF, ids=ids).all():
        events.setdefault(row.message_id, []).append(row)
    return {message_id: _together(rows) for message_id, rows in events.items()}


def _together(events: Sequence[Row[Any]]) -> _Told:
    """Of two with the same word the later one's reason counts; the first id is that of our request."""
    strongest: Delivery | None = None
    detail = ""
    for row in events:
        word = DELIVERIES.get(row.kind)
        if word is not None and (strongest is None or _RANKS[word] >= _RANKS[strongest]):
            strongest, detail = word, row.reason if word in _TOLD else ""
    return _Told(strongest, detail, next((row.provider_id for row in events if row.provider_id), None))


def _never_left(row: Message | Row[Any]) -> bool:
    """Nobody can have got it: somebody else uses our ids."""
    return row.state in _LEFT_OUT and not row.attempt


def _accept(session: Session, row: Message, who: Customer | None, actor: str) -> None:
    """The provider has it, whatever we believed until now; `actor` has told us."""
    was, row.state = row.state, MessageState.accepted
    row.reason, row.detail, row.settled_at = None, "", system.business_now(session)
    if was in _PUT_BACK:
        row.lease_token = row.lease_until = None
        row.fence += 1
        _pass_over(session, row, who)
    if was not in _IN_DOUBT:
        _count_day(session, row, who)
        audit.note(session, actor, "arrived after all", f"message:{row.id}", f"It was {was.value}.")
        log.warning(logs.line("arrived_after_all", message=row.id, was=was.value))


def _pass_over(session: Session, row: Message, who: Customer | None) -> None:
    """The enrollment goes on, if it still waits for this very step."""
    waits = (Enrollment.id == row.enrollment_id, Enrollment.next_step == row.step)
    rows = select(Enrollment).where(*waits, Enrollment.state.in_(enrollment.WALKING)).with_for_update(key_share=True)
    walk = session.scalars(rows.execution_options(populate_existing=True)).first()
    if walk is not None and who is not None and row.step is not None:
        pointer.move(session, [pointer.after(session, walk, who, row.step)], system.business_now(session))


def _count_day(session: Session, row: Message, who: Customer | None) -> None:
    """Its day had been given back when we believed that it had not left."""
    if row.kind is not MessageKind.check_in or row.contact_day or not row.handed_at or who is None:
        return
    zone = published.rules(session).zone(who.timezone, who.country)
    row.contact_day = calendar.local_date(row.handed_at, zone)
    customer.count_contacts(session, [(who.id, row.contact_day)])
