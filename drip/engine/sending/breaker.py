"""The breaker: when the provider stops answering, the fleet stops asking, and one message looks whether it is back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from drip.models import fixed
from drip.models.reasons import Reason
from drip.models.system import Breaker, BreakerState, Now

PROBE = 1  # messages let through while the breaker is being tested
STREAK = 5  # ambiguous results in a row that open it (DESIGN.md promise 3)
WINDOW = timedelta(seconds=10)
SHARE = 0.1  # of the window's results
ENOUGH = 20  # results before a share means anything: two bad ones of three are no outage
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
PROBE_PATIENCE = timedelta(seconds=90)  # longer than a request may take; then another probe may go


@dataclass(frozen=True, slots=True)
class Tally:
    """Results that one settle has written; a refusal is an answer, too."""

    answered: int = 0
    ambiguous: int = 0


def allowance(session: Session, now: Now, limit: int) -> int:
    """How many messages may be claimed at this moment: `limit`, one probe, or none."""
    row = fixed.run(session, _NOW).one()
    if row.busy_until and row.busy_until > now.real_at:
        return 0
    if row.state is BreakerState.closed:
        return limit
    return PROBE if row.retry_at is None or row.retry_at <= now.real_at else 0


_NOW = select(Breaker.state, Breaker.busy_until, Breaker.retry_at).where(Breaker.id == 1)


def probe(session: Session, lease_token: str, now: Now) -> None:
    """One message has been claimed to look whether the provider is back; no other until it has settled.

    Of two who claim at once the first has the probe; the gate puts the other's message back.
    """
    row = session.get_one(Breaker, 1, with_for_update=True, populate_existing=True)
    if row.state is BreakerState.closed or (row.retry_at and row.retry_at > now.real_at):
        return
    row.state, row.probe_id = BreakerState.probing, lease_token
    row.retry_at = now.real_at + PROBE_PATIENCE


def give_back(session: Session, lease_token: str, now: Now) -> None:
    """The probe's message did not leave, or came back unasked: another may go at once."""
    probing = (Breaker.id == 1, Breaker.state == BreakerState.probing, Breaker.probe_id == lease_token)
    session.execute(update(Breaker).where(*probing).values(retry_at=now.real_at, probe_id=None))


def objection(row: Row[Any], lease_token: str, real_at: datetime) -> Reason | None:
    """Why the gate must not hand a message of this lease now; None when it may."""
    if row.busy_until and row.busy_until > real_at:
        return Reason.provider_busy
    if row.state is BreakerState.closed or row.probe_id == lease_token:
        return None
    return Reason.provider_down


def count(session: Session, tally: Tally, real_at: datetime) -> None:
    """Add results of the fleet; opens at STREAK in a row or at SHARE of a WINDOW, closes when one is accepted."""
    row = session.scalars(_LOCKED).one()
    _roll(row, real_at)
    row.window_results += tally.answered + tally.ambiguous
    row.window_ambiguous += tally.ambiguous
    row.streak = 0 if tally.answered else row.streak + tally.ambiguous
    if tally.answered and row.state is not BreakerState.closed:
        _close(row, real_at)
    elif _too_many(row) or (tally.ambiguous and row.state is BreakerState.probing):
        _open(row, real_at)


def unreachable(session: Session, real_at: datetime) -> None:
    """No connection could be made: nothing is in doubt, but asking on would only burn attempts."""
    row = session.scalars(_LOCKED).one()
    if row.state is not BreakerState.open:
        _open(row, real_at)


def busy(session: Session, until: datetime) -> None:
    """The provider has said 429: the whole fleet waits until `until` (real time)."""
    row = session.scalars(_LOCKED).one()
    row.busy_until = max(filter(None, (row.busy_until, until)))


_LOCKED = select(Breaker).where(Breaker.id == 1).with_for_update()


def _roll(row: Breaker, real_at: datetime) -> None:
    if row.window_started_at is None or real_at - row.window_started_at > WINDOW:
        row.window_started_at, row.window_results, row.window_ambiguous = real_at, 0, 0


def _too_many(row: Breaker) -> bool:
    in_window = row.window_results >= ENOUGH and row.window_ambiguous > SHARE * row.window_results
    return row.state is BreakerState.closed and (row.streak >= STREAK or in_window)


def _open(row: Breaker, real_at: datetime) -> None:
    pause = min(FIRST_PAUSE * 2**row.opened_times, LONGEST_PAUSE)
    row.state, row.retry_at, row.probe_id = BreakerState.open, real_at + pause, None
    row.opened_times = min(row.opened_times + 1, 10)


def _close(row: Breaker, real_at: datetime) -> None:
    row.state, row.retry_at, row.probe_id = BreakerState.closed, None, None
    row.streak = row.opened_times = 0
    row.window_started_at, row.window_results, row.window_ambiguous = real_at, 0, 0
