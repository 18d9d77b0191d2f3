"""One mail that we send or decided not to send: the ledger."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    String,
    bindparam,
    cast,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import fixed
from drip.models.base import Base, Key, UtcDateTime, words
from drip.models.enrollment import Enrollment
from drip.models.reasons import Reason


class MessageKind(StrEnum):
    """A check-in of a campaign, a rep's own words, or a note to a rep."""

    check_in = "check_in"
    answer = "answer"
    notice = "notice"


class MessageState(StrEnum):
    """`handed` was committed before the first byte left; only proof reopens it (docs/send-path.md)."""

    queued = "queued"
    claimed = "claimed"
    handed = "handed"
    accepted = "accepted"
    failed = "failed"
    skipped = "skipped"
    cancelled = "cancelled"
    ambiguous = "ambiguous"
    presumed_lost = "presumed_lost"


class Delivery(StrEnum):
    """What the provider says happened after it had accepted."""

    processed = "processed"
    deferred = "deferred"
    delivered = "delivered"
    bounced = "bounced"
    dropped = "dropped"
    complained = "complained"


def _only(name: str, column: str, state: MessageState) -> Index:
    where = text(f"state = '{state.value}'")
    return Index(name, column, postgresql_where=where, sqlite_where=where)


class Message(Base):
    """`dedupe_key` is UNIQUE: that, and `handed`, is why nobody is written to twice. Times are business time but for
    `lease_until` and `handed_real_at`, which are real. A check-in keeps its `context` and is rendered from its version;
    an answer or a notice keeps its `letter`."""

    __tablename__ = "messages"
    __table_args__ = (
        _only("ix_messages_queued", "due_at", MessageState.queued),
        _only("ix_messages_handed", "handed_real_at", MessageState.handed),
        _only("ix_messages_ambiguous", "handed_at", MessageState.ambiguous),
        _only("ix_messages_lease", "lease_token", MessageState.claimed),  # there are never more than a few thousand
        Index(None, "customer_id"),  # finds the messages of an enrollment, too
        # Hardly any message belongs to a conversation, and each that does not would be listed at every change of state.
        Index("ix_messages_handoff_id", "handoff_id", postgresql_where=text("handoff_id IS NOT NULL"),
              sqlite_where=text("handoff_id IS NOT NULL")),
        Index("uq_messages_reply_token", "reply_token", unique=True, postgresql_where=text("reply_token IS NOT NULL"),
              sqlite_where=text("reply_token IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[Key]
    kind: Mapped[MessageKind] = mapped_column(words(MessageKind, name="kind"))
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    customer_id: Mapped[int | None]  # the enrollment's or the conversation's
    rep_id: Mapped[int | None] = mapped_column(ForeignKey("reps.id"))
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollments.id"))
    campaign_id: Mapped[int | None]  # with `version_id` a copy of the enrollment's
    version_id: Mapped[int | None]
    step: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[MessageState] = mapped_column(words(MessageState, name="state"))
    delivery: Mapped[Delivery | None] = mapped_column(words(Delivery, name="delivery"))
    reason: Mapped[Reason | None] = mapped_column(words(Reason))
    detail: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    due_at: Mapped[datetime]
    lease_token: Mapped[str | None] = mapped_column(String(26))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    handed_at: Mapped[datetime | None]
    handed_real_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    contact_day: Mapped[date | None]
    to_address: Mapped[str | None] = mapped_column(String(254))
    reply_token: Mapped[str | None] = mapped_column(String(26))
    provider_id: Mapped[str | None] = mapped_column(String(120))
    context: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("handoffs.id"))
    letter: Mapped[dict[str, Any] | None] = mapped_column(JSON)


def step_key(enrollment_id: int, step: str) -> str:
    """The key of a check-in: one a step of an enrollment, for ever, whoever sends it."""
    return f"check_in:{enrollment_id}:{step}"


def next_step_key() -> ColumnElement[str]:
    """SQL: the same, of an enrollment's next step."""
    return literal("check_in:") + cast(Enrollment.id, String) + ":" + Enrollment.next_step


def reply_notice_keys(reply_ids: Iterable[int], rep_ids: Iterable[int]) -> list[str]:
    """The keys of notices that tell these reps of these replies by themselves, not as part of a conversation."""
    reps = list(rep_ids)
    return [f"notice:reply:{reply_id}:{rep_id}" for reply_id in reply_ids for rep_id in reps]


def check_ins_of(session: Session, enrollment_ids: Iterable[int]) -> Sequence[RowMapping]:
    """Step, state and id of every check-in of these enrollments."""
    rows = select(Message.id, Message.enrollment_id, Message.step, Message.state).order_by(Message.id)
    return session.execute(rows.where(*_of_enrollments(list(enrollment_ids)))).mappings().all()


def _of_enrollments(ids: str | Collection[int]) -> tuple[ColumnElement[bool], ...]:
    """SQL: the check-ins of these enrollments (as for `fixed.among`), found by whose they are: an index of their own
    would be written at each change of each message."""
    theirs = select(Enrollment.customer_id).where(fixed.among(Enrollment.id, ids))
    mine = fixed.among(Message.enrollment_id, ids)
    return (Message.customer_id.in_(theirs), mine, Message.kind == MessageKind.check_in)


def cancel_waiting(session: Session, enrollment_ids: Iterable[int], reason: Reason, at: datetime) -> None:
    """Cancel check-ins that have not been handed. Ask after the enrollments' rows are locked or ended: a claim that
    commits in between is then seen."""
    fixed.run(session, _CANCEL, ids=list(enrollment_ids), why=reason, now=at)


_CANCEL = (
    update(Message)
    .where(
        *_of_enrollments("ids"),
        Message.state.in_((MessageState.queued, MessageState.claimed)),
    )
    .values(
        state=MessageState.cancelled,
        reason=bindparam("why", type_=Message.reason.type),
        settled_at=bindparam("now", type_=UtcDateTime()),
        lease_token=None,
        lease_until=None,
        fence=Message.fence + 1,
    )
)


def campaigns_of(session: Session, ids: Sequence[str]) -> list[tuple[str, int]]:
    """(message id, campaign id) of those that belong to a campaign, in the order of campaigns."""
    rows = select(Message.id, Message.campaign_id).where(Message.id.in_(ids), Message.campaign_id.is_not(None))
    return [(row.id, row.campaign_id) for row in session.execute(rows.order_by(Message.campaign_id, Message.id))]
