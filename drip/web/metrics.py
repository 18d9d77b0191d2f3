"""Prometheus: what is waiting is counted by its own small indexes, what is settled once a minute at most."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip import clock
from drip.models import enrollment, outbox, system
from drip.models.message import Message, MessageState
from drip.models.system import Breaker, BreakerState, SystemState

TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST = 100_000
REFRESH_SECONDS = 60.0
OPEN = (MessageState.queued, MessageState.claimed, MessageState.handed, MessageState.ambiguous)


@dataclass
class Totals:
    """Counts of settled messages, as old as a minute: they stand in a table that only grows."""

    counts: dict[MessageState, int] = field(default_factory=dict)
    counted_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, session: Session) -> dict[MessageState, int]:
        """Counted again when they are too old; by one request at a time."""
        with self.lock:
            if self.counted_at is None or clock.monotonic() - self.counted_at > REFRESH_SECONDS:
                self.counts, self.counted_at = _settled(session), clock.monotonic()
            return self.counts


@dataclass(frozen=True, slots=True)
class _Seen:
    messages: dict[MessageState, int]
    oldest_due_seconds: float
    breaker: BreakerState
    state: SystemState
    processes: dict[str, int]


def text(session: Session, totals: Totals) -> bytes:
    """Everything that we tell, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Ours(_look(session, totals)))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Ours(Collector):
    """One look at the system as Prometheus' families."""

    def __init__(self, seen: _Seen) -> None:
        self.seen = seen

    def collect(self) -> Iterator[Metric]:
        seen = self.seen
        counts = {state.value: float(number) for state, number in seen.messages.items()}
        yield _family("drip_messages", "Messages by state.", "state", counts)
        yield GaugeMetricFamily(
            "drip_oldest_due_seconds", "How late the oldest due work is, in business time.", seen.oldest_due_seconds
        )
        unknowns = float(seen.messages.get(MessageState.ambiguous, 0))
        yield GaugeMetricFamily("drip_unknowns", "Mails that may have arrived or not.", unknowns)
        yield _family("drip_breaker", "1 for the state of the breaker.", "state", _one_of(seen.breaker, BreakerState))
        yield _family("drip_system", "1 for the state of the system.", "state", _one_of(seen.state, SystemState))
        processes = {role: float(number) for role, number in seen.processes.items()}
        yield _family("drip_processes", "Processes that are alive, by role.", "role", processes)


def _look(session: Session, totals: Totals) -> _Seen:
    now = system.now(session)
    oldest = _oldest(session, now.business_at)
    roles: dict[str, int] = {}
    for each in system.alive(session):
        roles[each.role] = roles.get(each.role, 0) + 1
    return _Seen(
        messages=totals.fresh(session) | {state: _few(session, state) for state in OPEN},
        oldest_due_seconds=max(0.0, (now.business_at - oldest) / timedelta(seconds=1)) if oldest else 0.0,
        breaker=session.get_one(Breaker, 1).state,
        state=now.state,
        processes=roles,
    )


def _oldest(session: Session, at: datetime) -> datetime | None:
    instants = (enrollment.oldest_due(session, at), outbox.oldest_due(session, at))
    return min((each for each in instants if each), default=None)


def _few(session: Session, state: MessageState) -> int:
    """Exact up to MOST, by the state's partial index."""
    rows = select(Message.id).where(Message.state == state).limit(MOST).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0


def _settled(session: Session) -> dict[MessageState, int]:
    rows = select(Message.state, func.count().label("number")).where(Message.state.not_in(OPEN)).group_by(Message.state)
    found = {row.state: row.number for row in session.execute(rows)}
    return {state: found.get(state, 0) for state in MessageState if state not in OPEN}


def _one_of(now: str, words: type[BreakerState] | type[SystemState]) -> dict[str, float]:
    return {word.value: float(word == now) for word in words}


def _family(name: str, about: str, label: str, numbers: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=[label])
    for value, number in numbers.items():
        family.add_metric([value], number)
    return family
