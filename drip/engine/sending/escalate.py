"""ESCALATE: a step with `owner = "rep"` goes to a person with its draft when it is due, instead of to the provider."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import update
from sqlalchemy.orm import Session

from drip.engine.handoffs import hand_off
from drip.engine.sending import verdict
from drip.engine.sending.gate_writes import Judged
from drip.models.handoff import Priority
from drip.models.message import Message
from drip.models.reasons import Reason


def escalated(session: Session, judged: Sequence[Judged]) -> Iterator[Judged]:
    """The same verdicts, but nothing of a rep's passes before they have had it: a handoff opens, which holds the
    customer. A rep who resolves it without writing or skipping has left the step to the machine, which then sends it.
    """
    for each in judged:
        is_due = isinstance(each.verdict, verdict.Pass)
        yield _to_person(session, each) if is_due and each.draft.is_reps and each.row.handoff_id is None else each


def _to_person(session: Session, each: Judged) -> Judged:
    why = f"the check-in “{each.row.step}” is yours to write"
    who, message_id = each.draft.customer_id, each.draft.message_id
    opened = hand_off.open_for(session, who, Priority.medium, why, reply=None, about=message_id)
    session.execute(update(Message).where(Message.id == message_id).values(handoff_id=opened.id))
    return replace(each, verdict=verdict.PutOff(Reason.handoff_open, each.row.due_at))
