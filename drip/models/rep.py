"""The people who sold it and who answer."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

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
