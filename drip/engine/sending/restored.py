"""RESTORED: a database that went back in time, or is a copy, sends nothing until a person has said what happened."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import tokens
from drip.engine.sending import pointer
from drip.models import audit, enrollment, home, message, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.home import Home
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.system import SystemState

MOVED = "this database is not where it was: it may be a copy, a restored backup or a replica that took over"
BEHIND = "this database is older than it was when it last sent: it may be a restored backup"


class Happened(StrEnum):
    """What a person says of a database in HOLD. `moved`: nothing is missing, and nobody else sends from another copy.
    `restored`: it went on somewhere after this state was saved, and may have written to people that it forgot."""

    moved = "moved"
    restored = "restored"


def arrive(session: Session, whereabouts: str, mark: datetime | None) -> bool:
    """At the start of a process: False, and the system in HOLD, when this is not the database that we knew.

    `mark` is until when it has lived (real time) as was noted outside of it; None when no such note is left.
    """
    row, now = home.lock(session), system.now(session)
    if row.whereabouts is None:
        row.database_id, row.whereabouts, row.lived_until = tokens.new_id(), whereabouts, now.real_at
        return True
    is_behind = mark is not None and row.lived_until is not None and mark > row.lived_until
    if row.whereabouts == whereabouts and not is_behind:
        return now.state is not SystemState.hold
    _hold(session, row, BEHIND if row.whereabouts == whereabouts else MOVED, now.real_at)
    if row.whereabouts != whereabouts:  # from here on another database, whose notes must not be taken for the first's
        row.database_id, row.whereabouts = tokens.new_id(), whereabouts
    return False


def release(session: Session, by: str, happened: Happened, why: str = "") -> int | None:
    """A person has said what happened: the system stays paused until it is resumed. The number of check-ins that are
    in doubt now (listed as unknown, never sent by themselves); None when there was no HOLD."""
    now_row = system.lock(session)
    if now_row.state is not SystemState.hold:
        return None
    row = home.lock(session)
    doubted = _doubt(session, row) if happened is Happened.restored else 0
    now_row.state, now_row.reason = SystemState.paused, f"the database was {happened}; look around, then go on"
    row.lost_from = row.lost_until = None
    row.lived_until = system.now(session).real_at
    audit.note(session, by, "hold released", "system", f"{happened}, {doubted} check-ins in doubt {why}".strip())
    return doubted


def _hold(session: Session, row: Home, reason: str, real_at: datetime) -> None:
    """What is lost begins where this state ends; it ends now, because the other copy may be alive to this day."""
    now_row = system.lock(session)
    now_row.state, now_row.reason = SystemState.hold, reason
    row.lost_from = row.lost_from or row.lived_until
    row.lost_until = real_at
    audit.note(session, "drip", "hold", "system", reason)


def _doubt(session: Session, row: Home) -> int:
    """Every check-in that was due before the HOLD and had not left as far as this state knows may have left."""
    now = system.now(session)
    until = (row.lost_until or now.real_at) + now.offset
    waiting = _waiting(session, until)
    for said in waiting:
        said.state, said.reason = MessageState.ambiguous, Reason.restored
        said.lease_token = said.lease_until = None
        said.fence += 1
    walks = list(_due(session, until))
    for walk in walks:
        session.add(_in_doubt(walk, now.business_at))
    session.flush()
    for walk in walks:
        assert walk.next_step is not None
        who = session.get_one(Customer, walk.customer_id)
        pointer.move(session, [pointer.after(session, walk, who, walk.next_step)], now.business_at)
    return len(waiting) + len(walks)


def _waiting(session: Session, until: datetime) -> list[Message]:
    states = Message.state.in_((MessageState.queued, MessageState.claimed))
    rows = select(Message).where(Message.kind == MessageKind.check_in, states, Message.planned_at <= until)
    return list(session.scalars(rows.with_for_update()))


def _due(session: Session, until: datetime) -> Iterator[Enrollment]:
    walking = Enrollment.state.in_(enrollment.WALKING)
    rows = select(Enrollment).where(walking, Enrollment.next_due_at <= until).order_by(Enrollment.id)
    yield from session.scalars(rows.with_for_update())


def _in_doubt(walk: Enrollment, now: datetime) -> Message:
    assert walk.next_step is not None
    assert walk.planned_at is not None
    return Message(
        id=tokens.new_id(),
        kind=MessageKind.check_in,
        dedupe_key=message.step_key(walk.id, walk.next_step),
        customer_id=walk.customer_id,
        enrollment_id=walk.id,
        campaign_id=walk.campaign_id,
        version_id=walk.version_id,
        step=walk.next_step,
        state=MessageState.ambiguous,
        reason=Reason.restored,
        created_at=now,
        planned_at=walk.planned_at,
        due_at=walk.planned_at,
    )
