"""What the gate writes: handed messages, moved pointers, counted days, and every "not now" with its reason."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, update
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.sending import pointer, verdict
from drip.engine.sending.draft import Draft
from drip.models import customer, enrollment, system
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
    _update(session, HANDED, passed, lambda each: _handed(each, customers, now))
    _update(session, PUT_OFF, [each for each in judged if isinstance(each.verdict, verdict.PutOff)], _put_off)
    _update(session, ENDED, skipped + cancelled, lambda each: _ended(each, now))
    _move_pointers(session, passed + skipped, customers, now)
    for each in cancelled:
        assert isinstance(each.verdict, verdict.Cancel)
        enrollment.exit_all(session, [each.row.enrollment_id], each.verdict.reason, now.business_at)
    customer.count_contacts(session, [(each.draft.customer_id, _day(each)) for each in passed])


def _update(
    session: Session,
    statement: object,
    judged: Sequence[Judged],
    values: Callable[[Judged], dict[str, object]],
) -> None:
    if judged:
        session.connection().execute(statement, [values(each) for each in judged])  # type: ignore[call-overload]


def _handed(each: Judged, customers: dict[int, Row[Any]], now: system.Now) -> dict[str, object]:
    return {
        "key": each.draft.message_id,
        "handed_at": now.business_at,
        "handed_real_at": now.real_at,
        "contact_day": _day(each),
        "to_address": customers[each.draft.customer_id].email,
        "reply_token": each.draft.reply_token,
        "context": each.draft.context,
    }


def _put_off(each: Judged) -> dict[str, object]:
    assert isinstance(each.verdict, verdict.PutOff)
    said = {"reason": each.verdict.reason, "detail": each.verdict.detail}
    return {"key": each.draft.message_id, "due_at": each.verdict.until, **said}


def _ended(each: Judged, now: system.Now) -> dict[str, object]:
    assert isinstance(each.verdict, verdict.Skip | verdict.Cancel)
    state = MessageState.skipped if isinstance(each.verdict, verdict.Skip) else MessageState.cancelled
    said = {"reason": each.verdict.reason, "detail": each.verdict.detail[:500]}
    return {"key": each.draft.message_id, "state": state, "settled_at": now.business_at, **said}


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


_messages = Message.__table__
_this = _messages.c.id == bindparam("key")
_unleased = {"lease_token": None, "lease_until": None}
HANDED = (
    update(_messages)  # type: ignore[arg-type]
    .where(_this)
    .values(
        state=MessageState.handed,
        attempt=_messages.c.attempt + 1,
        handed_at=bindparam("handed_at"),
        handed_real_at=bindparam("handed_real_at"),
        contact_day=bindparam("contact_day"),
        to_address=bindparam("to_address"),
        reply_token=bindparam("reply_token"),
        context=bindparam("context"),
        reason=None,
        detail="",
        **_unleased,
    )
)
PUT_OFF = (
    update(_messages)  # type: ignore[arg-type]
    .where(_this)
    .values(state=MessageState.queued, due_at=bindparam("due_at"), reason=bindparam("reason"),
            detail=bindparam("detail"), **_unleased)
)  # fmt: skip
ENDED = (
    update(_messages)  # type: ignore[arg-type]
    .where(_this)
    .values(state=bindparam("state"), settled_at=bindparam("settled_at"), reason=bindparam("reason"),
            detail=bindparam("detail"), **_unleased)
)  # fmt: skip
