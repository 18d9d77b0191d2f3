"""The one row that says whether anything may leave, how business time runs, and how the provider is doing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, String, delete, exists, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import fixed, once
from drip.models.base import Base, UtcDateTime, words
from drip.models.campaign import Campaign, Publication


class SystemState(StrEnum):
    """`paused` is the kill switch; `hold` is what a restored database starts in."""

    running = "running"
    paused = "paused"
    hold = "hold"


class BreakerState(StrEnum):
    """`probing`: one message is on its way to see whether the provider is back."""

    closed = "closed"
    open = "open"
    probing = "probing"


class System(Base):
    """Row 1. Every gate locks it shared; every stop of the whole system updates it. `state_at` (business time): since
    when nothing leaves."""

    __tablename__ = "system"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[SystemState] = mapped_column(words(SystemState, name="state"), default=SystemState.running)
    reason: Mapped[str] = mapped_column(String(300), default="")
    state_at: Mapped[datetime | None]
    clock_offset_us: Mapped[int] = mapped_column(default=0)
    live_domain: Mapped[str | None] = mapped_column(String(255))
    example: Mapped[bool] = mapped_column(default=False)
    loading: Mapped[bool] = mapped_column(default=False)


class Breaker(Base):
    """Row 1. Results of the whole fleet, counted where they are settled."""

    __tablename__ = "breaker"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[BreakerState] = mapped_column(words(BreakerState, name="state"), default=BreakerState.closed)
    streak: Mapped[int] = mapped_column(default=0)
    window_started_at: Mapped[datetime | None]
    window_results: Mapped[int] = mapped_column(default=0)
    window_ambiguous: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    opened_times: Mapped[int] = mapped_column(default=0)
    probe_id: Mapped[str | None] = mapped_column(String(26))
    busy_until: Mapped[datetime | None]


class Heartbeat(Base):
    """A process that is alive: which role, where, since when, and when it last said so."""

    __tablename__ = "heartbeats"

    host: Mapped[str] = mapped_column(String(120), primary_key=True)
    pid: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Now:
    """Both clocks at one moment, and whether mail may leave."""

    real_at: datetime
    business_at: datetime
    state: SystemState
    reason: str

    @property
    def offset(self) -> timedelta:
        return self.business_at - self.real_at


def now(session: Session) -> Now:
    """Database time, business time (database time plus the offset kept in row 1) and the system's state."""
    return _now_of(session, fixed.run(session, _NOW[session.get_bind().dialect.name]).one())


def _now_of(session: Session, row: Row[Any]) -> Now:
    dialect = session.get_bind().dialect
    real_at = UtcDateTime().process_result_value(_instant(row.at), dialect)
    assert real_at is not None
    return Now(real_at, real_at + timedelta(microseconds=row.clock_offset_us), row.system_state, row.system_reason)


def business_now(session: Session) -> datetime:
    """What time it is for customers: the clock by which things fall due, expire and are held."""
    fixed_at: datetime | None = once.of(session, "instant").get("business")
    return fixed_at or now(session).business_at


def one_instant(session: Session) -> datetime:
    """Business time, which stands still for the rest of this transaction: to be called once nothing more can make it
    wait. `now` goes on with the clock."""
    found: datetime = once.of(session, "instant").setdefault("business", now(session).business_at)
    return found


def move_clock(session: Session, by: timedelta) -> None:
    """Shift business time; the edge refuses this in live mode."""
    microseconds = by // timedelta(microseconds=1)
    once.of(session, "instant").clear()
    session.execute(update(System).where(System.id == 1).values(clock_offset_us=System.clock_offset_us + microseconds))


def beat(session: Session, heartbeat: Heartbeat) -> None:
    """Say that a process is alive."""
    session.merge(heartbeat)


_CLOCKS = {"postgresql": func.clock_timestamp(), "sqlite": func.strftime("%Y-%m-%d %H:%M:%f", "now")}
_NOW = {
    name: select(
        at.label("at"), System.clock_offset_us, System.state.label("system_state"), System.reason.label("system_reason")
    ).where(System.id == 1)
    for name, at in _CLOCKS.items()
}
_REFUSING = exists().where(Campaign.refusal_streak > 0).label("refusing")
_NEWEST = Publication.id == select(func.max(Publication.id)).scalar_subquery()
_PUBLISHED = (Publication.id.label("publication_id"), Publication.digest.label("publication_digest"))
_MOMENT = {
    name: rows.add_columns(*Breaker.__table__.columns, _REFUSING, *_PUBLISHED)
    .join(Breaker, Breaker.id == System.id)
    .outerjoin(Publication, _NEWEST)
    for name, rows in _NOW.items()
}


def _instant(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def lock_shared(session: Session) -> None:
    """Hold the system's row against change until this transaction ends; many gates may at once. On SQLite whoever
    writes holds everything."""
    if session.get_bind().dialect.name != "sqlite":
        fixed.run(session, _SHARED)


_SHARED = select(System.id).where(System.id == 1).with_for_update(read=True)


@dataclass(frozen=True, slots=True)
class Moment:
    """Both clocks, how the provider is doing (columns of `Breaker`), whether some campaign's mails are being refused in
    a row, and id and digest of the newest publication."""

    now: Now
    provider: Row[Any]
    refusing: bool
    published: tuple[int, str] | None


def moment(session: Session) -> Moment:
    """All that may have changed for everybody since the last look, in one; the same for the rest of the transaction."""
    known = once.of(session, "moment")
    if not known:
        known["seen"] = _moment(session)
    seen: Moment = known["seen"]
    return seen


def _moment(session: Session) -> Moment:
    row = fixed.run(session, _MOMENT[session.get_bind().dialect.name]).one()
    published = (row.publication_id, row.publication_digest) if row.publication_id else None
    return Moment(_now_of(session, row), row, row.refusing, published)


def provider(session: Session) -> Row[Any]:
    """How the provider is doing, as the breaker knows it now: columns of `Breaker`."""
    return moment(session).provider


def leave(session: Session, host: str, pid: int) -> None:
    """A process that ends cleanly takes its heartbeat with it."""
    session.execute(delete(Heartbeat).where(Heartbeat.host == host, Heartbeat.pid == pid))


def alive(session: Session, within: timedelta = timedelta(seconds=20)) -> Sequence[Heartbeat]:
    """Processes that have said so lately."""
    since = now(session).real_at - within
    return session.scalars(select(Heartbeat).where(Heartbeat.beat_at > since).order_by(Heartbeat.role)).all()


def lock(session: Session) -> System:
    """The system's row, to be changed: waits for every gate that holds it shared."""
    rows = select(System).where(System.id == 1).with_for_update(key_share=True)
    return session.execute(rows.execution_options(populate_existing=True)).scalar_one()
