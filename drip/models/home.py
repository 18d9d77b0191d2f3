"""Where this database lives and until when it has lived: what tells a copy from the one that sends."""

from datetime import datetime

from sqlalchemy import String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import system
from drip.models.base import Base


class Home(Base):
    """Row 1, in real time. `lost_from` and `lost_until` bound what may have happened elsewhere, while in HOLD;
    `sends_until` is when a scheduler was last able to send."""

    __tablename__ = "home"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    database_id: Mapped[str | None] = mapped_column(String(26))
    whereabouts: Mapped[str | None] = mapped_column(String(300))
    lived_until: Mapped[datetime | None]
    lost_from: Mapped[datetime | None]
    lost_until: Mapped[datetime | None]
    sends_until: Mapped[datetime | None]


def lock(session: Session) -> Home:
    """The row, to be changed."""
    rows = select(Home).where(Home.id == 1).with_for_update()
    return session.execute(rows.execution_options(populate_existing=True)).scalar_one()


def live_on(session: Session) -> tuple[str | None, datetime]:
    """Note in SQL that the database lives now; its id and that instant, to be noted outside once this has committed."""
    at = system.now(session).real_at
    later = (Home.id == 1, func.coalesce(Home.lived_until, at) <= at)
    session.execute(update(Home).where(*later).values(lived_until=at))
    return session.scalar(select(Home.database_id)), at
