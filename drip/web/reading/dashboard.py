"""The dashboard's numbers: mails, human replies and open conversations by day of business time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from drip.campaigns import calendar
from drip.engine.telling import times
from drip.models import system
from drip.models.handoff import Handoff
from drip.models.message import Message, MessageKind
from drip.models.reply import MACHINES, Reply

FLOOR = 86.0  # percent of the height: the line on which a plot stands
ROOF = 8.0  # percent: room for the topmost number
GAP = 0.22  # of a bar's width


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its place and size in percent, and what it says when pointed at."""

    title: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Plot:
    """One number by day: bars, the same as a line (an SVG path in a box of 100 by 100), and the edges' words."""

    title: str
    unit: str
    total: int
    most: int
    bars: tuple[Bar, ...]
    path: str
    ticks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """How the last `days` days went; `replied` is human replies a hundred check-ins, None without check-ins."""

    days: int
    mails: Plot
    replies: Plot
    open: Plot
    answered_in: timedelta | None
    replied: float | None


def dashboard(session: Session, zone: ZoneInfo, days: int) -> Dashboard:
    """The last `days` local days, today included."""
    now = system.business_now(session)
    today = calendar.local_date(now, zone)
    span = [today - timedelta(days=days - 1 - number) for number in range(days)]
    since = calendar.instant(span[0], time(), zone)
    mails = _by_day(_hours(session, Message.handed_at, since, Message.kind != MessageKind.notice), zone)
    human = Reply.kind.not_in(sorted(MACHINES))
    replies = _by_day(_hours(session, Reply.received_at, since, human), zone)
    check_ins = sum(_hours(session, Message.handed_at, since, Message.kind == MessageKind.check_in).values())
    open_by_day = _open(session, span, zone, now)
    return Dashboard(
        days=days,
        mails=plot("Mails", "mail", [(day, mails[day]) for day in span]),
        replies=plot("Replies from people", "reply", [(day, replies[day]) for day in span]),
        open=plot("Open conversations", "open", open_by_day),
        answered_in=_answered_in(session, since),
        replied=100 * sum(replies.values()) / check_ins if check_ins else None,
    )


def plot(title: str, unit: str, days: Sequence[tuple[date, int]]) -> Plot:
    """Pure: a bar a day, however few; the highest fills the height."""
    most = max((number for _, number in days), default=0)
    step = 100 / max(1, len(days))
    bars = tuple(_bar(place * step, step, day, number, most) for place, (day, number) in enumerate(days))
    middle = len(days) // 2
    ticks = tuple(_short(days[place][0]) for place in (0, middle, len(days) - 1)) if days else ()
    total = days[-1][1] if unit == "open" and days else sum(number for _, number in days)
    return Plot(title, unit, total, most, bars, _path(bars), ticks)


def _bar(x: float, width: float, day: date, number: int, most: int) -> Bar:
    height = (FLOOR - ROOF) * number / most if most else 0.0
    said = f"{times.on(day)}: {number:,}"
    return Bar(said, round(x, 3), round(width * (1 - GAP), 3), round(FLOOR - height, 2), round(height, 2))


def _path(bars: Sequence[Bar]) -> str:
    return "M" + " L".join(f"{bar.x + bar.width / 2:.2f} {bar.y:.2f}" for bar in bars) if bars else ""


def _short(day: date) -> str:
    return f"{day.day} {times.MONTHS[day.month - 1]}"


def _hours(
    session: Session, column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
    since: datetime, *which: object,
) -> Counter[datetime]:  # fmt: skip
    """UTC hour -> how many: the database counts, and days are made of hours here, in any zone alike (to the hour)."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    hour = func.to_char(column, "YYYY-MM-DD HH24") if is_postgresql else func.strftime("%Y-%m-%d %H", column)
    rows = select(hour.label("hour"), func.count()).where(column >= since, *which)  # type: ignore[arg-type]
    found = session.execute(rows.group_by(hour)).all()
    return Counter({datetime.strptime(row[0], "%Y-%m-%d %H").replace(tzinfo=UTC): row[1] for row in found})


def _by_day(hours: Counter[datetime], zone: ZoneInfo) -> Counter[date]:
    days: Counter[date] = Counter()
    for hour, number in hours.items():
        days[calendar.local_date(hour, zone)] += number
    return days


def _open(session: Session, span: Sequence[date], zone: ZoneInfo, now: datetime) -> list[tuple[date, int]]:
    """How many were not closed at the end of each day; today: now."""
    since = calendar.instant(span[0], time(), zone)
    rows = select(Handoff.opened_at, Handoff.closed_at).where(
        or_(Handoff.closed_at.is_(None), Handoff.closed_at > since)
    )
    known = session.execute(rows).all()
    ends = [min(now, calendar.instant(day + timedelta(days=1), time(), zone)) for day in span]
    return [
        (day, sum(row.opened_at <= end and (row.closed_at is None or row.closed_at > end) for row in known))
        for day, end in zip(span, ends, strict=True)
    ]


def _answered_in(session: Session, since: datetime) -> timedelta | None:
    """The median time from a conversation's opening to its answer, of those opened since."""
    rows = select(Handoff.opened_at, Handoff.answered_at)
    rows = rows.where(Handoff.opened_at >= since, Handoff.answered_at.is_not(None))
    spans = sorted(row.answered_at - row.opened_at for row in session.execute(rows) if row.answered_at)
    return spans[len(spans) // 2] if spans else None
