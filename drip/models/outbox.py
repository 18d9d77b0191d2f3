"""The outbox: messages that wait, are claimed or are handed, by what the send path asks of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    RowMapping,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from drip import db
from drip.models import fixed
from drip.models.base import UtcDateTime
from drip.models.campaign import Campaign, CampaignState, CampaignVersion
from drip.models.customer import holding
from drip.models.enrollment import Enrollment, is_still_due
from drip.models.message import Message, MessageKind, MessageState, next_step_key
from drip.models.purchase import Purchase
from drip.models.system import Now


def claimable(session: Session, now: Now, kinds: Sequence[MessageKind], limit: int) -> Sequence[Row[Any]]:
    """Messages put off until now, and claimed ones whose lease has lapsed; not those of paused campaigns or of
    customers on hold. Columns id, customer_id, due_at, priority."""
    at = {"at": now.business_at, "real_at": now.real_at}
    return fixed.run(session, _CLAIMABLE, **at, kinds=[kind.value for kind in kinds], limit=limit).all()


_REAL_AT = bindparam("real_at", type_=UtcDateTime())
_HELD = and_(Message.kind == MessageKind.check_in, holding(Message.customer_id, fixed.AT))


def _free(*waiting: ColumnElement[bool]) -> Select[Any]:
    """Those that wait like this, the oldest first. One index for each way of waiting: of two in one look PostgreSQL
    makes a bitmap, in which it visits every message that has left since the last VACUUM, at each tick anew."""
    found = (
        select(Message.id, Message.customer_id, Message.due_at, Campaign.priority)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(*waiting, fixed.among(Message.kind, "kinds"), ~_HELD)
        .where(or_(Message.kind != MessageKind.check_in, Campaign.state == CampaignState.active))
        .order_by(Message.due_at)
        .limit(bindparam("limit"))
    )
    return select(found.subquery())


_CLAIMABLE = union_all(
    _free(Message.state == MessageState.queued, Message.due_at <= fixed.AT),
    _free(Message.state == MessageState.claimed, Message.lease_until < _REAL_AT),
)


def claim_steps(session: Session, new: Mapping[int, str], at: datetime, token: str, until: datetime) -> set[int]:
    """A claimed Message, under the id that is given, for the next step of each of these enrollments that is still due,
    that nobody else is claiming and for whose step nothing stands; returns those enrollments, locked."""
    insert = _CLAIM_STEPS[session.get_bind().dialect.name]
    return set(fixed.run(session, insert, new=new, at=at, token=token, until=until).scalars())


_NEW = fixed.pairs("new").table_valued("key", "value", name="new")
_STEPS: dict[Any, ColumnElement[Any]] = {
    Message.id: _NEW.c.value,
    Message.kind: literal(MessageKind.check_in, Message.kind.type),
    Message.dedupe_key: next_step_key(),
    Message.customer_id: Enrollment.customer_id.expression,
    Message.enrollment_id: Enrollment.id.expression,
    Message.campaign_id: Enrollment.campaign_id.expression,
    Message.version_id: Enrollment.version_id.expression,
    Message.step: Enrollment.next_step.expression,
    Message.state: literal(MessageState.claimed, Message.state.type),
    Message.detail: literal(""),
    Message.created_at: fixed.AT,
    Message.planned_at: Enrollment.planned_at.expression,
    Message.due_at: Enrollment.next_due_at.expression,
    Message.lease_token: bindparam("token"),
    Message.lease_until: bindparam("until", type_=UtcDateTime()),
    Message.fence: literal(1),
    Message.attempt: literal(0),
}
_FROM_STEPS = (
    select(*_STEPS.values())
    .select_from(_NEW.join(Enrollment, Enrollment.id == cast(_NEW.c.key, BigInteger)))
    .where(is_still_due(fixed.AT))
    .order_by(Enrollment.id)
    .with_for_update(of=Enrollment, skip_locked=True, key_share=True)
)
_CLAIM_STEPS = {
    dialect: insert.from_select([*_STEPS], _FROM_STEPS).on_conflict_do_nothing().returning(Message.enrollment_id)
    for dialect, insert in db.inserts(Message).items()
}


def stood_for(session: Session, enrollment_ids: Collection[int], at: datetime) -> Sequence[int]:
    """Those of these enrollments that are still due although something stands for their step, locked."""
    rows = (
        select(Enrollment.id)
        .join(Message, Message.dedupe_key == next_step_key())
        .where(fixed.among(Enrollment.id, enrollment_ids), is_still_due(at))
        .order_by(Enrollment.id)
        .with_for_update(of=Enrollment, skip_locked=True, key_share=True)
    )
    return session.scalars(rows).all()


def claimed_count(session: Session, real_at: datetime) -> int:
    """How many messages stand claimed under a lease that holds; a lapsed one must not keep others from a claim."""
    found: int = fixed.run(session, _ALIVE, real_at=real_at).scalar_one()
    return found


_ALIVE = select(func.count()).where(Message.state == MessageState.claimed, Message.lease_until > _REAL_AT)


def unclaim(session: Session, real_at: datetime) -> int:
    """Put lapsed claims back to the queue, whoever may claim them next: a paused campaign's stay there quietly."""
    lapsed = (
        select(Message.id)
        .where(Message.state == MessageState.claimed, Message.lease_until < real_at)
        .order_by(Message.id.concat(""))  # in the order of the bare id SQLite would read the whole table
        .with_for_update(key_share=True)
    )
    free = {"state": MessageState.queued, "lease_token": None, "lease_until": None, "fence": Message.fence + 1}
    freed = update(Message).where(Message.id.in_(lapsed)).values(**free)
    return len(session.execute(freed.returning(Message.id)).all())


def lock_claimed(session: Session, fences: dict[str, int], real_at: datetime) -> dict[str, Row[Any]]:
    """Claimed messages that are still ours: same fence, lease not lapsed; locked, with what the gate looks at."""
    rows = fixed.run(session, _CLAIMED, ids=list(fences), real_at=real_at)
    return {row.id: row for row in rows if row.fence == fences[row.id]}


_CLAIMED = (
    select(
        *(Message.id, Message.fence, Message.attempt, Message.step, Message.due_at, Message.planned_at),
        *(Message.enrollment_id, Message.handoff_id, Enrollment.version_id, Enrollment.anchor_at),
        Enrollment.state.label("enrollment_state"),
        Enrollment.reason.label("enrollment_reason"),
        Enrollment.version.label("enrollment_version"),
        Purchase.status.label("purchase_status"),
        Purchase.version.label("purchase_version"),
        CampaignVersion.digest,
    )
    .join(Enrollment, Enrollment.id == Message.enrollment_id)
    .join(CampaignVersion, CampaignVersion.id == Enrollment.version_id)
    .join(Purchase, Purchase.id == Enrollment.purchase_id)
    .where(fixed.among(Message.id, "ids"), Message.state == MessageState.claimed)
    .where(Message.lease_until > _REAL_AT)
    .order_by(Message.id)
    .with_for_update(of=Message, key_share=True)
)


def lock_handed(session: Session, message_id: str, attempt: int) -> Message | None:
    """The message, locked, while this attempt at it is still open."""
    open_attempt = (Message.id == message_id, Message.state == MessageState.handed, Message.attempt == attempt)
    rows = select(Message).where(*open_attempt).with_for_update(key_share=True)
    return session.scalars(rows.execution_options(populate_existing=True)).first()


def next_due_after(session: Session, at: datetime) -> datetime | None:
    """The earliest instant after `at` until which a message has been put off."""
    found: datetime | None = fixed.run(session, _NEXT, at=at).scalar()
    return found


_NEXT = select(func.min(Message.due_at)).where(Message.state == MessageState.queued, Message.due_at > fixed.AT)


def due_count(session: Session, at: datetime) -> int:
    """How many messages that were put off could be claimed at `at`."""
    return session.scalar(_due(at).with_only_columns(func.count())) or 0


def _due(at: fixed.At) -> Select[Any]:
    held = and_(Message.kind == MessageKind.check_in, holding(Message.customer_id, at))
    return (
        select(Message)
        .outerjoin(Campaign, Campaign.id == Message.campaign_id)
        .where(Message.state == MessageState.queued, Message.due_at <= at, ~held)
        .where(or_(Message.kind != MessageKind.check_in, Campaign.state == CampaignState.active))
    )


def oldest_due(session: Session, at: datetime) -> datetime | None:
    """Since when the longest-waiting message that may go has been waiting; None when none is."""
    return session.scalar(_due(at).with_only_columns(func.min(Message.due_at)))


def any_moving() -> ColumnElement[bool]:
    """SQL: some message is claimed or handed; looked for one by one, because each state has an index of its own."""
    return or_(*(exists().where(Message.state == state) for state in (MessageState.claimed, MessageState.handed)))


def any_due(at: fixed.At) -> ColumnElement[bool]:
    """SQL: some message that was put off could be claimed at `at`."""
    return exists(_due(at).with_only_columns(Message.id))


def lock_personal(session: Session, fences: dict[str, int], real_at: datetime) -> dict[str, RowMapping]:
    """Claimed answers and notices that are still ours, locked: id, fence, attempt, due_at."""
    rows = (
        select(Message.id, Message.fence, Message.attempt, Message.due_at)
        .where(Message.id.in_(fences), Message.state == MessageState.claimed, Message.lease_until > real_at)
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )
    return {row["id"]: row for row in session.execute(rows).mappings() if row["fence"] == fences[row["id"]]}
