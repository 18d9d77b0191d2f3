"""RESTORED: a database that went back in time, or is a copy, sends nothing until a person has said what happened."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from drip import db, tokens
from drip.campaigns import published
from drip.engine.sending import plan, pointer
from drip.models import audit, customer, enrollment, home, message, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.home import Home
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.system import SystemState

MOVED = "this database is not where it was: it may be a copy, a restored backup or a replica that took over"
DETAIL = "it was due before the database was restored"
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
    now_row, now = system.lock(session), system.now(session)
    if now_row.state is SystemState.running:
        now_row.state_at = (row.lived_until or now.real_at) + now.offset
    now_row.state, now_row.reason = SystemState.hold, reason
    row.lost_from = row.lost_from or row.lived_until
    row.lost_until = real_at
    audit.note(session, "drip", "hold", "system", reason)


def _doubt(session: Session, row: Home) -> int:
    """Every check-in planned before the HOLD that had not left as far as this state knows may have left: it counts as
    sent, and the enrollment goes on with the first one after it."""
    now = system.now(session)
    until = (row.lost_until or now.real_at) + now.offset
    waiting = _waiting(session, until)
    for said in waiting:
        said.state, said.reason, said.detail = MessageState.ambiguous, Reason.restored, DETAIL
        said.lease_token = said.lease_until = None
        said.fence += 1
    walks = _reached(session, {said.enrollment_id for said in waiting}, until)
    return sum(_go_on_after(session, walk, until, now.business_at) for walk in walks)


def _waiting(session: Session, until: datetime) -> list[Message]:
    states = Message.state.in_((MessageState.queued, MessageState.claimed))
    rows = select(Message).where(Message.kind == MessageKind.check_in, states, Message.planned_at <= until)
    return list(session.scalars(rows.with_for_update()))


def _reached(session: Session, ids: set[int | None], until: datetime) -> list[Enrollment]:
    """Enrollments whose next step was planned by then: under way as one of the messages, or not claimed yet."""
    walking = Enrollment.state.in_(enrollment.WALKING)
    due = or_(Enrollment.next_due_at <= until, Enrollment.id.in_(ids))
    return list(session.scalars(select(Enrollment).where(walking, due).order_by(Enrollment.id).with_for_update()))


def _go_on_after(session: Session, walk: Enrollment, until: datetime, now: datetime) -> int:
    """Put every step planned by then in doubt, a day of the customer's cap each; how many."""
    assert walk.next_step is not None
    assert walk.planned_at is not None
    who = session.get_one(Customer, walk.customer_id)
    zone = published.rules(session).zone(who.timezone, who.country)
    doubted: list[plan.Planned] = []
    ahead: plan.Planned | None = plan.Planned(walk.next_step, walk.planned_at)
    while ahead is not None and (ahead.at <= until or not doubted):
        doubted.append(ahead)
        ahead = pointer.following(session, (walk.version_id, walk.anchor_at), zone, ahead.step)
    rows = [_in_doubt(walk, each, who, now) for each in doubted]
    session.execute(db.insert(session, Message).on_conflict_do_nothing(index_elements=["dedupe_key"]), rows)
    customer.count_contacts(session, [(who.id, each.at.astimezone(zone).date()) for each in doubted])
    pointer.move(session, [pointer.Move(walk.id, ahead)], now)
    return len(doubted)


def _in_doubt(walk: Enrollment, planned: plan.Planned, who: Customer, now: datetime) -> dict[str, object]:
    return {
        "id": tokens.new_id(),
        "kind": MessageKind.check_in,
        "dedupe_key": message.step_key(walk.id, planned.step),
        "customer_id": walk.customer_id,
        "enrollment_id": walk.id,
        "campaign_id": walk.campaign_id,
        "version_id": walk.version_id,
        "step": planned.step,
        "state": MessageState.ambiguous,
        "reason": Reason.restored,
        "detail": DETAIL,
        "created_at": now,
        "planned_at": planned.at,
        "due_at": planned.at,
        "to_address": who.email,
        "fence": 0,
        "attempt": 0,
    }
