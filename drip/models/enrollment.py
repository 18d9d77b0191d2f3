"""One purchase walking one campaign version. Only its next step is stored."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    RowMapping,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import customer, fixed
from drip.models.base import Base, Id, words
from drip.models.campaign import Campaign, CampaignState
from drip.models.customer import Customer
from drip.models.purchase import Purchase, PurchaseStatus
from drip.models.reasons import Reason


class EnrollmentState(StrEnum):
    """`completed` has no step left; `exited` was stopped for a reason."""

    active = "active"
    paused = "paused"
    completed = "completed"
    exited = "exited"


_DUE, _DUE_IN_SQLITE = text("state = 'active' AND NOT put_off"), text("state = 'active' AND put_off = 0")
_ALONE = text("exclusive AND state IN ('active', 'paused')")


class Enrollment(Base):
    """`next_step` is the step to come or under way; `next_due_at`, else the same as `planned_at`, is empty while a
    Message of it is under way. That changes no index, and so a claim costs PostgreSQL a quarter of what it would. Where
    the Message waits for long the step is `put_off`, too, and claims no longer look at it; whoever fills `next_due_at`
    takes that back, and the database refuses who forgets it.

    What a pause has changed for good: `anchor_at` holds `shift_days` that the purchase doesn't know of, and
    `made_up_step` was missed and planned anew, off the calendar.
    """

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("purchase_id", "campaign_id"),  # finds what a purchase is enrolled in, too
        Index("uq_enrollments_alone", "campaign_id", "customer_id", unique=True,
              postgresql_where=_ALONE, sqlite_where=_ALONE),
        Index("ix_enrollments_due", "campaign_id", "planned_at", "customer_id",
              postgresql_where=_DUE, sqlite_where=_DUE_IN_SQLITE),
        Index(None, "customer_id"),
        CheckConstraint("NOT put_off OR next_due_at IS NULL", name="put_off"),  # else no claim would ever find the step
        {"postgresql_with": {"fillfactor": 80}},  # room for what a claim writes, on the same page
    )  # fmt: skip

    id: Mapped[Id]
    campaign_id: Mapped[int]  # a copy of the version's, whose own key is checked
    version_id: Mapped[int] = mapped_column(ForeignKey("campaign_versions.id"))
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"))
    customer_id: Mapped[int]  # a copy of the purchase's
    state: Mapped[EnrollmentState] = mapped_column(words(EnrollmentState, name="state"))
    reason: Mapped[Reason | None] = mapped_column(words(Reason))
    exclusive: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    anchor_at: Mapped[datetime]
    shift_days: Mapped[int] = mapped_column(default=0)
    made_up_step: Mapped[str | None] = mapped_column(String(60))
    first_step: Mapped[str | None] = mapped_column(String(60))
    next_step: Mapped[str | None] = mapped_column(String(60))
    planned_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    put_off: Mapped[bool] = mapped_column(default=False, server_default=false())
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def due(session: Session, campaign_id: int, at: datetime, limit: int) -> Sequence[Row[Any]]:
    """Active enrollments of one campaign whose next step is due and whose customer is not on hold, oldest first.
    Columns id, customer_id, next_due_at."""
    return fixed.run(session, _OF_CAMPAIGN, campaign_id=campaign_id, at=at, limit=limit).all()


def take(session: Session, ids: Iterable[int]) -> None:
    """From now on no claim finds these; the caller has locked them."""
    fixed.run(session, _TAKE, ids=ids)


def put_off(session: Session, ids: Iterable[int]) -> None:
    """The Messages of these wait for a later hour: claims no longer pass by their steps."""
    fixed.run(session, _PUT_OFF, ids=ids)


def is_due(at: fixed.At) -> ColumnElement[bool]:
    """SQL: an enrollment's next step is due at `at`, and no Message of it is under way."""
    return and_(*_WAITS, Enrollment.planned_at <= at)


def is_still_due(at: fixed.At) -> ColumnElement[bool]:
    """SQL: the same, of enrollments that are known by id. No index holds this column, so PostgreSQL looks these up and
    does not read all that is due, which it takes for little where much has just come."""
    return and_(*_WAITS, Enrollment.next_due_at <= at)


_WAITS = (Enrollment.state == EnrollmentState.active, ~Enrollment.put_off, Enrollment.next_due_at.is_not(None))
_UNDER_WAY = (fixed.among(Enrollment.id, "ids"), Enrollment.next_due_at.is_(None), ~Enrollment.put_off)
_PUT_OFF = update(Enrollment).where(*_UNDER_WAY).values(put_off=True)
_TAKE = update(Enrollment).where(fixed.among(Enrollment.id, "ids")).values(next_due_at=None)
_OF_CAMPAIGN = (
    select(Enrollment.id, Enrollment.customer_id, Enrollment.next_due_at)
    .where(is_due(fixed.AT), Enrollment.campaign_id == bindparam("campaign_id"))
    .where(~customer.holding(Enrollment.customer_id, fixed.AT))
    .order_by(Enrollment.planned_at, Enrollment.customer_id)
    .limit(bindparam("limit"))
)


def lock(session: Session, ids: Sequence[int]) -> Sequence[Enrollment]:
    """Enrollments as they are now, not as this session saw them before; locked, so that no claim takes their steps."""
    rows = select(Enrollment).where(fixed.among(Enrollment.id, ids)).order_by(Enrollment.id)
    locked = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(locked).all()


def exit_all(session: Session, ids: Sequence[int], reason: Reason, at: datetime) -> None:
    """End enrollments that still walk."""
    walking = Enrollment.state.in_((EnrollmentState.active, EnrollmentState.paused))
    ended = {"state": EnrollmentState.exited, "reason": reason, "ended_at": at, "next_due_at": None}
    rows = update(Enrollment).where(Enrollment.id.in_(ids), walking)
    session.execute(rows.values(**ended, version=Enrollment.version + 1))


def point_back(session: Session, enrollment_id: int, step: str, planned_at: datetime) -> bool:
    """A step that was handed and certainly not sent is under way again. False where the enrollment has ended for a
    reason of its own, or a newer one of the same campaign has taken its place meanwhile."""
    row = session.get_one(Enrollment, enrollment_id, populate_existing=True)
    if row.state not in (EnrollmentState.active, EnrollmentState.completed) or _has_rival(session, row):
        return False
    row.state, row.ended_at, row.next_step, row.planned_at = EnrollmentState.active, None, step, planned_at
    row.next_due_at, row.put_off = None, True
    return True


def _has_rival(session: Session, row: Enrollment) -> bool:
    """Whether another walk of this customer in this campaign would forbid that this one goes on."""
    rival = select(Enrollment.id).where(
        Enrollment.campaign_id == row.campaign_id,
        Enrollment.customer_id == row.customer_id,
        Enrollment.id != row.id,
        Enrollment.exclusive,
        Enrollment.state.in_((EnrollmentState.active, EnrollmentState.paused)),
    )
    return row.exclusive and session.scalar(rival.limit(1)) is not None


WALKING = (EnrollmentState.active, EnrollmentState.paused)


def of_customers(session: Session, customer_ids: Iterable[int]) -> Sequence[RowMapping]:
    """Every enrollment of these customers, with when its purchase was made and how that stands."""
    who = list(customer_ids)
    if not who:
        return []
    columns = (Enrollment.id, Enrollment.campaign_id, Enrollment.purchase_id, Enrollment.customer_id,
               Enrollment.state, Enrollment.reason, Purchase.purchased_at, Purchase.status)  # fmt: skip
    rows = select(*columns).join(Purchase, Purchase.id == Enrollment.purchase_id)
    mine = fixed.among(Enrollment.customer_id, who)
    return fixed.run(session, rows.where(mine)).mappings().all()


def walking_ids(session: Session, purchase_ids: Iterable[int]) -> list[int]:
    """Enrollments of these purchases that have not ended, locked; the caller holds their customers' locks."""
    mine = fixed.among(Enrollment.purchase_id, list(purchase_ids))
    rows = select(Enrollment.id).where(mine, Enrollment.state.in_(WALKING))
    return list(session.scalars(rows.order_by(Enrollment.id).with_for_update(key_share=True)))


def lock_to_replan(session: Session, purchase_ids: Iterable[int], customer_ids: Iterable[int]) -> Sequence[RowMapping]:
    """Enrollments of these purchases and customers that walk, or that had no day left when they were planned;
    locked, with what their dates hang on."""
    no_day_left = and_(Enrollment.state == EnrollmentState.completed, Enrollment.reason == Reason.before_first_step)
    rows = (
        select(
            *(Enrollment.id, Enrollment.campaign_id, Enrollment.version_id, Enrollment.customer_id),
            *(Enrollment.state, Enrollment.reason, Enrollment.exclusive, Enrollment.first_step, Enrollment.next_step),
            *(Enrollment.anchor_at, Enrollment.shift_days, Enrollment.made_up_step),
            *(Enrollment.planned_at, Enrollment.next_due_at, Enrollment.ended_at),
            *(Purchase.purchased_at, Purchase.delivered_at, Customer.timezone, Customer.country),
        )
        .join(Purchase, Purchase.id == Enrollment.purchase_id)
        .join(Customer, Customer.id == Enrollment.customer_id)
        .where(or_(Enrollment.state.in_(WALKING), and_(no_day_left, Purchase.status == PurchaseStatus.paid)))
        .where(
            or_(
                fixed.among(Enrollment.purchase_id, list(purchase_ids)),
                fixed.among(Enrollment.customer_id, list(customer_ids)),
            )
        )
        .order_by(Enrollment.id)
        .with_for_update(of=Enrollment, key_share=True)
    )
    return session.execute(rows).mappings().all()


def next_due_after(session: Session, at: datetime) -> datetime | None:
    """The earliest instant after `at` at which a step of an active campaign falls due."""
    found: datetime | None = fixed.run(session, _NEXT, at=at).scalar()
    return found


_RUNNING = select(Campaign.id).where(Campaign.state == CampaignState.active)
_NEXT = select(func.min(Enrollment.planned_at)).where(
    *_WAITS, Enrollment.campaign_id.in_(_RUNNING), Enrollment.planned_at > fixed.AT
)


def any_due(at: fixed.At) -> ColumnElement[bool]:
    """SQL: some step could be claimed at `at`."""
    return exists().where(*_claimable(at))


def due_count(session: Session, at: datetime) -> int:
    """How many steps could be claimed at `at`."""
    return session.scalar(select(func.count()).select_from(Enrollment).where(*_claimable(at))) or 0


def oldest_due(session: Session, at: datetime) -> datetime | None:
    """Since when the longest-waiting claimable step has been due; None when none is."""
    return session.scalar(select(func.min(Enrollment.planned_at)).where(*_claimable(at)))


def _claimable(at: fixed.At) -> tuple[ColumnElement[bool], ...]:
    return (is_due(at), Enrollment.campaign_id.in_(_RUNNING), ~customer.holding(Enrollment.customer_id, at))
