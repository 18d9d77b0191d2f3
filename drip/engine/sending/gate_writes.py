"""What the gate writes: handed messages, moved pointers, counted days, and every "not now" with its reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.sending import pointer, verdict
from drip.engine.sending.draft import Draft
from drip.models import change, customer, enrollment, system
from drip.models.change import Change, Values
from drip.models.message import Message, MessageState


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft, its message's row as it was locked, and what the gate decided."""

    draft: Draft
    row: Row[Any]
    verdict: verdict.Verdict


def write(session: Session, judged: Sequence[Judged], customers: dict[int, Row[Any]], now: system.Now) -> None:
    """All writes of one gate; a message under a lapsed lease was not locked and is not among `judged`."""
    passed = [each for each in judged if isinstance(each.verdict, verdict.Pass)]
    skipped = [each for each in judged if isinstance(each.verdict, verdict.Skip)]
    cancelled = [each for each in judged if isinstance(each.verdict, verdict.Cancel)]
    change.apply(session, HANDED, [_handed(each, customers, now) for each in passed])
    _put_off(session, [each for each in judged if isinstance(each.verdict, verdict.PutOff)])
    change.apply(session, ENDED, [_ended(each, now) for each in skipped + cancelled])
    _move_pointers(session, passed + skipped, customers, now)
    for each in cancelled:
        assert isinstance(each.verdict, verdict.Cancel)
        enrollment.exit_all(session, [each.row.enrollment_id], each.verdict.reason, now.business_at)
    customer.count_contacts(session, [(each.draft.customer_id, _day(each)) for each in passed])


def _handed(each: Judged, customers: dict[int, Row[Any]], now: system.Now) -> Values:
    draft, address = each.draft, customers[each.draft.customer_id].email
    said = (_day(each), address, draft.reply_token, draft.context)
    return (now.business_at, now.real_at, *said, draft.message_id)


def _put_off(session: Session, judged: Sequence[Judged]) -> None:
    if judged:
        change.apply(session, PUT_OFF, [_later(each) for each in judged])
        enrollment.put_off(session, [each.row.enrollment_id for each in judged])


def _later(each: Judged) -> Values:
    assert isinstance(each.verdict, verdict.PutOff)
    return (each.verdict.until, each.verdict.reason, each.verdict.detail, each.draft.message_id)


def _ended(each: Judged, now: system.Now) -> Values:
    assert isinstance(each.verdict, verdict.Skip | verdict.Cancel)
    state = MessageState.skipped if isinstance(each.verdict, verdict.Skip) else MessageState.cancelled
    return (state, now.business_at, each.verdict.reason, each.verdict.detail[:500], each.draft.message_id)


def _day(each: Judged) -> date:
    assert isinstance(each.verdict, verdict.Pass)
    return each.verdict.contact_day


def _move_pointers(session: Session, judged: Iterable[Judged], customers: dict[int, Row[Any]], now: system.Now) -> None:
    rules = published.rules(session)
    moves = []
    for each in judged:
        row, who = each.row, customers[each.draft.customer_id]
        zone = rules.zone(who.timezone, who.country)
        onward = pointer.following(session, (row.version_id, row.anchor_at), zone, row.step)
        moves.append(pointer.Move(row.enrollment_id, onward))
    pointer.move(session, moves, now.business_at)


_UNLEASED = "lease_token = NULL, lease_until = NULL"
HANDED = Change(
    Message,
    ("handed_at", "handed_real_at", "contact_day", "to_address", "reply_token", "context"),
    f"state = 'handed', attempt = messages.attempt + 1, reason = NULL, detail = '', {_UNLEASED}",
)
PUT_OFF = Change(Message, ("due_at", "reason", "detail"), f"state = 'queued', {_UNLEASED}")
ENDED = Change(Message, ("state", "settled_at", "reason", "detail"), _UNLEASED)
