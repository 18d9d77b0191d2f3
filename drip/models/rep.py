"""The people who sold it and who answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models.base import Base, Id


class Rep(Base):
    """A human whose name stands under the mails; the first active one stands in where a purchase names nobody."""

    __tablename__ = "reps"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(60))
    timezone: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    left_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Reps:
    """Everybody who sells or has sold; the first one stands in."""

    first: Rep
    by_id: dict[int, Rep]
    by_email: dict[str, Rep]

    @classmethod
    def of(cls, session: Session) -> Self:
        """All that we have, those who have left last."""
        rows = list(session.scalars(select(Rep).order_by(Rep.left_at.is_not(None), Rep.position)))
        return cls(rows[0], {row.id: row for row in rows}, {row.email: row for row in rows})

    def seller(self, rep_email: str | None) -> Rep:
        """Whom a purchase names, or who stands in where it names nobody whom we have."""
        return self.by_email.get(rep_email or "", self.first)
