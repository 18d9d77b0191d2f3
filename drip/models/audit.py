"""Who did what: appended, never changed."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import system
from drip.models.base import Base, Id


class AuditEntry(Base):
    """One act of a person or of the system on something that has a name."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "subject"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254))
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str] = mapped_column(String(500), default="")


def note(session: Session, actor: str, act: str, subject: str, detail: str = "") -> None:
    """Write an act down, at business time."""
    at = system.business_now(session)
    session.add(AuditEntry(at=at, actor=actor, act=act, subject=subject, detail=detail[:500]))
