"""What the provider says happened to a message: kept as it came, applied any number of times to the same end."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models.base import Base, Id

_WAITING = text("applied_at IS NULL")


class DeliveryEvent(Base):
    """`event_key` is UNIQUE: a redelivered event is one row. `name` is the provider's own word."""

    __tablename__ = "delivery_events"
    __table_args__ = (
        Index("ix_delivery_events_waiting", "id", postgresql_where=_WAITING, sqlite_where=_WAITING),
        Index(None, "message_id"),
    )

    id: Mapped[Id]
    event_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(String(60))
    message_id: Mapped[str | None] = mapped_column(String(26))
    provider_id: Mapped[str | None] = mapped_column(String(120))
    permanent: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(500), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


def any_waiting(session: Session) -> bool:
    """Whether an event has been stored and not applied."""
    return session.scalar(select(DeliveryEvent.id).where(DeliveryEvent.applied_at.is_(None)).limit(1)) is not None
