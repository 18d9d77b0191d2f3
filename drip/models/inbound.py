"""Raw mail that reached us, kept as it came until somebody says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    bindparam,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from drip.models import fixed
from drip.models.base import Base, Id, words


class InboundState(StrEnum):
    """`stored` waits to be read; `unmatched` and `unreadable` wait for a person."""

    stored = "stored"
    understood = "understood"
    unmatched = "unmatched"
    unreadable = "unreadable"
    discarded = "discarded"


_STORED = text("state = 'stored'")
_FOR_PEOPLE = text("state IN ('unmatched', 'unreadable')")


class InboundMail(Base):
    """`digest` (SHA-256 of the raw mail and its envelope) is UNIQUE: a post that comes again is one row."""

    __tablename__ = "inbound_mails"
    __table_args__ = (
        Index("ix_inbound_mails_stored", "id", postgresql_where=_STORED, sqlite_where=_STORED),
        Index("ix_inbound_mails_for_people", "id", postgresql_where=_FOR_PEOPLE, sqlite_where=_FOR_PEOPLE),
        Index(None, "customer_id"),
    )

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    raw: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    envelope_to: Mapped[list[str]] = mapped_column(JSON)
    envelope_from: Mapped[str] = mapped_column(String(320))
    checks: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[InboundState] = mapped_column(words(InboundState, name="state"))
    detail: Mapped[str] = mapped_column(String(500), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))
    received_at: Mapped[datetime]


def stored() -> ColumnElement[bool]:
    """SQL: a mail waits to be read. As its index says it, word for word: else SQLite reads the whole table, mails and
    all."""
    return InboundMail.state == _word(InboundState.stored)


def for_people() -> ColumnElement[bool]:
    """SQL: a mail waits for a person; as its index says it."""
    return InboundMail.state.in_([_word(InboundState.unmatched), _word(InboundState.unreadable)])


def _word(state: InboundState) -> ColumnElement[str]:
    return literal_column(f"'{state.value}'")


def any_stored(session: Session) -> bool:
    """Whether mail waits to be read."""
    return session.scalar(select(InboundMail.id).where(stored()).limit(1)) is not None


def locked(session: Session, inbound_id: int, *states: InboundState) -> InboundMail | None:
    """The mail, locked, if it is still in one of these states."""
    return locked_all(session, [inbound_id], *states).get(inbound_id)


def locked_all(session: Session, ids: Sequence[int], *states: InboundState) -> dict[int, InboundMail]:
    """The same of many, locked in the order of their ids."""
    rows = session.scalars(_LOCKED, {"ids": list(ids), "states": [state.value for state in states]})
    return {row.id: row for row in rows}


def lock_these(session: Session, which: ColumnElement[bool]) -> None:
    """Lock mails in the order of their ids, without a look at what they are."""
    rows = select(InboundMail.id).where(which).order_by(InboundMail.id)
    session.execute(rows.with_for_update(key_share=True)).all()


_LOCKED = (
    select(InboundMail)
    .where(fixed.among(InboundMail.id, "ids"), fixed.among(InboundMail.state, "states"))
    .order_by(InboundMail.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that nobody has read: its size in bytes, and how often that was tried."""

    id: int
    size: int
    attempts: int


def to_read(session: Session, after: int, limit: int) -> list[Waiting]:
    """Stored mails with a higher id, the oldest first."""
    rows = fixed.run(session, _TO_READ, after=after, limit=limit)
    return [Waiting(row.id, row.size, row.attempts) for row in rows]


_TO_READ = (
    select(InboundMail.id, func.length(InboundMail.raw).label("size"), InboundMail.attempts)
    .where(stored(), InboundMail.id > bindparam("after"))
    .order_by(InboundMail.id)
    .limit(bindparam("limit"))
)


def try_to_read(session: Session, ids: Sequence[int], seen: int | None = None) -> dict[int, int]:
    """Count one more attempt at each of these mails that is still stored; how many there were, by id. Those at which
    others than the `seen` attempts have been made meanwhile are left to whoever makes them."""
    return {row.id: row.attempts for row in fixed.run(session, _TRIED, ids=list(ids), seen=seen)}


_SEEN = bindparam("seen", type_=Integer())
_THESE = (
    select(InboundMail.id)
    .where(fixed.among(InboundMail.id, "ids"), InboundMail.state == InboundState.stored)
    .where(InboundMail.attempts == func.coalesce(_SEEN, InboundMail.attempts))
    .order_by(InboundMail.id)
    .with_for_update(key_share=True)
)
_TRIED = (
    update(InboundMail)
    .where(InboundMail.id.in_(_THESE))
    .values(attempts=InboundMail.attempts + 1)
    .returning(InboundMail.id, InboundMail.attempts)
)


def waiting(session: Session) -> dict[InboundState, int]:
    """How many mails wait: `stored` to be read, the others for a person. By the partial indexes alone."""
    rows = [row for which in (stored(), for_people()) for row in session.execute(_COUNTED.where(which))]
    none = dict.fromkeys((InboundState.stored, InboundState.unmatched, InboundState.unreadable), 0)
    return none | {row.state: row.number for row in rows}


_COUNTED = select(InboundMail.state, func.count().label("number")).group_by(InboundMail.state)
