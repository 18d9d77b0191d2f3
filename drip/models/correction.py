"""Corrections: people who read a reply otherwise than we did; appended, never changed."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Row, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models.base import Base, Id, words
from drip.models.customer import Customer
from drip.models.reply import Reply, ReplyKind


class Correction(Base):
    """Who said when that a reply is of another kind; `until`: the day that it names, if they said one."""

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "reply_id"),)

    id: Mapped[Id]
    reply_id: Mapped[int] = mapped_column(ForeignKey("replies.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254))
    from_kind: Mapped[ReplyKind] = mapped_column(words(ReplyKind, name="from_kind"))
    to_kind: Mapped[ReplyKind] = mapped_column(words(ReplyKind, name="to_kind"))
    until: Mapped[date | None]


def newest(session: Session, limit: int, *, before: int | None = None) -> Sequence[Row[Correction, Reply, Customer]]:
    """Corrections with their replies and who wrote these, the newest first."""
    rows = select(Correction, Reply, Customer)
    rows = rows.join(Reply, Reply.id == Correction.reply_id).join(Customer, Customer.id == Reply.customer_id)
    rows = rows.where(Correction.id < before) if before is not None else rows
    return session.execute(rows.order_by(Correction.id.desc()).limit(limit)).all()


def of_reply(session: Session, reply_id: int) -> Sequence[Correction]:
    """What was corrected of one reply, the oldest first."""
    return session.scalars(select(Correction).where(Correction.reply_id == reply_id).order_by(Correction.id)).all()
