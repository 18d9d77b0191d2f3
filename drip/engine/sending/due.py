"""CLAIM: what is due becomes claimed Messages under one lease; one message a customer in a batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Update, func, select, update
from sqlalchemy.orm import Session

from drip import tokens
from drip.engine.sending import breaker, pointer
from drip.models import campaign, enrollment, outbox, system
from drip.models.message import Message, MessageKind, MessageState


@dataclass(frozen=True, slots=True)
class Lease:
    """A batch in one worker's hands: the token that its RQ job carries."""

    token: str
    count: int


class _Candidate(NamedTuple):
    """Something due: an enrollment's next step, or a Message that was put off or whose lease has lapsed."""

    due_at: datetime
    priority: int
    customer_id: int | None
    enrollment_id: int | None = None
    message_id: str | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        return (self.due_at, -self.priority)


def claim(session: Session, limit: int, lease_seconds: int, kinds: Sequence[MessageKind]) -> Lease | None:
    """Take up to `limit` due pieces of work; None when there is none or when nothing may leave."""
    now = system.now(session)
    allowed = breaker.allowance(session, now, limit) if now.state is system.SystemState.running else 0
    if not allowed:
        return None
    chosen = _one_a_customer(_candidates(session, now, allowed, kinds))[:allowed]
    lease = _Terms(tokens.new_id(), now.business_at, now.real_at + timedelta(seconds=lease_seconds))
    taken = _take_messages(session, chosen, lease, now.real_at) + _take_steps(session, chosen, lease)
    if taken and allowed == breaker.PROBE:
        breaker.probe(session, lease.token, now)
    return Lease(lease.token, taken) if taken else None


def is_waiting(session: Session, kinds: Sequence[MessageKind]) -> bool:
    """Whether a claim would find something; looks without locking, so that an idle fleet costs nothing."""
    now = system.now(session)
    if now.state is not system.SystemState.running or not breaker.allowance(session, now, 1):
        return False
    return bool(_candidates(session, now, 1, kinds))


def time_left(session: Session, token: str) -> timedelta:
    """For how long what is left of a batch is its worker's; nothing where it has lapsed or is done."""
    first: datetime | None = session.scalar(select(func.min(Message.lease_until)).where(*_left(token)))
    return max(first - system.now(session).real_at, timedelta()) if first else timedelta()


def renew(session: Session, token: str, lease_seconds: int) -> None:
    """Keep what is left of a batch for longer: its worker is alive."""
    until = system.now(session).real_at + timedelta(seconds=lease_seconds)
    session.execute(_held(token).values(lease_until=until))


def give_back(session: Session, token: str) -> None:
    """Put what is left of a batch back to the queue: its worker is going home."""
    free = {"state": MessageState.queued, "lease_token": None, "lease_until": None, "fence": Message.fence + 1}
    session.execute(_held(token).values(**free))


def _left(token: str) -> tuple[ColumnElement[bool], ...]:
    return (Message.lease_token == token, Message.state == MessageState.claimed)


def _held(token: str) -> Update:
    """What is left of a batch, locked by ascending id as all others lock messages (no rings)."""
    locked = select(Message.id).where(*_left(token)).order_by(Message.id).with_for_update(key_share=True)
    return update(Message).where(Message.id.in_(locked))


@dataclass(frozen=True, slots=True)
class _Terms:
    token: str
    now: datetime
    until: datetime


def _candidates(session: Session, now: system.Now, limit: int, kinds: Sequence[MessageKind]) -> list[_Candidate]:
    found = [
        _Candidate(row.due_at, row.priority or 0, row.customer_id, message_id=row.id)
        for row in outbox.claimable(session, now, kinds, limit)
    ]
    if MessageKind.check_in in kinds:
        for plan in campaign.active(session):
            found += [
                _Candidate(row.next_due_at, plan.priority, row.customer_id, enrollment_id=row.id)
                for row in enrollment.due(session, plan.id, now.business_at, limit)
            ]
    return sorted(found, key=lambda candidate: candidate.order)


def _one_a_customer(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The first of each customer; what is left stays where it is and is found by the next claim."""
    best: dict[int, _Candidate] = {}
    for candidate in candidates:
        if candidate.customer_id is not None:
            rival = best.get(candidate.customer_id)
            if rival is None or candidate.priority > rival.priority:
                best[candidate.customer_id] = candidate
    keep = {id(candidate) for candidate in best.values()}
    return [each for each in candidates if each.customer_id is None or id(each) in keep]


def _take_messages(session: Session, chosen: list[_Candidate], lease: _Terms, real_at: datetime) -> int:
    ids = [candidate.message_id for candidate in chosen if candidate.message_id]
    if not ids:
        return 0
    free = (Message.state == MessageState.queued) | (
        (Message.state == MessageState.claimed) & (Message.lease_until < real_at)
    )
    locked = session.scalars(
        select(Message.id).where(Message.id.in_(ids), free).order_by(Message.id)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()  # fmt: skip
    taken = {"state": MessageState.claimed, "lease_token": lease.token, "lease_until": lease.until}
    session.execute(update(Message).where(Message.id.in_(locked)).values(**taken, fence=Message.fence + 1))
    return len(locked)


def _take_steps(session: Session, chosen: list[_Candidate], lease: _Terms) -> int:
    steps = sorted(candidate.enrollment_id for candidate in chosen if candidate.enrollment_id)
    if not steps:
        return 0
    new = dict(zip(steps, tokens.new_ids(len(steps)), strict=True))  # neighbours in every index
    claimed = outbox.claim_steps(session, new, lease.now, lease.token, lease.until)
    enrollment.take(session, claimed)
    if left := new.keys() - claimed:
        for enrollment_id in outbox.stood_for(session, left, lease.now):
            pointer.pass_over(session, enrollment_id)  # something stands for this step, a rep's own mail or a check-in
    return len(claimed)
