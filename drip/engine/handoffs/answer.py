"""ANSWER: a rep's own words to a customer, in the same thread, never twice."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import db, errors, tokens
from drip.engine.handoffs import hand_off, upcoming
from drip.engine.sending import plan, pointer
from drip.models import audit, customer, enrollment, handoff, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.handoff import Handoff, HandoffState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.reply import Reply

LONGEST = 20_000  # characters of an answer
NO_LONGER = "That check-in is no longer the next one. Look again; your words are still here."


class ChangedError(errors.DripError):
    """Something new has come in since you opened this conversation; read it before you answer."""


class EmptyAnswerError(errors.DripError):
    """An answer needs words."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a rep has written. `draft_id` names the form it came from: sent twice, it is one mail. With `for_step` it
    stands for the campaign's next check-in, and only for that of `step_key` if one is given (`upcoming.key`);
    `confirmed` overrides an opt-out of somebody who wrote to us again."""

    text: str
    draft_id: str
    version: int
    subject: str = ""
    for_step: bool = False
    step_key: str = ""
    confirmed: bool = False


def answer(session: Session, handoff_id: int, words: Words, actor: str) -> str:
    """Queue the answer and return its message id. Raises ChangedError when the thread is no longer what was seen."""
    row = handoff.locked(session, handoff_id)
    known = _known(session, row, words)
    if known is not None:
        return known
    _check(row, words, actor)
    now = system.business_now(session)
    if row.claimed_by is None:
        row.claimed_by, row.claimed_at = actor, now
        hand_off.signs(session, row, actor)
    row.state, row.answered_at, row.touched_at = HandoffState.pending, now, now
    row.version += 1
    written = _letter(session, row, words)
    return _for_step(session, row, words, written) if words.for_step else _own(session, row, words, written)


def thread(session: Session, handoff_id: int) -> tuple[str, str | None, list[str]]:
    """Subject, Message-ID to answer, and References of the conversation: only mails that exist are named."""
    newest = session.scalars(
        select(Reply).where(Reply.handoff_id == handoff_id).order_by(Reply.id.desc()).limit(1)
    ).first()
    if newest is None or not newest.mail_message_id:
        return "", None, []
    subject = newest.subject or "your message"
    told = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    return told, _bracketed(newest.mail_message_id), [_bracketed(each) for each in newest.mail_references]


def _bracketed(message_id: str) -> str:
    """Ids are kept bare; headers want them in angle brackets (RFC 5322 3.6.4)."""
    return f"<{message_id.strip('<>')}>"


def _known(session: Session, row: Handoff, words: Words) -> str | None:
    """The mail that this very form has made already: the same form again is never a second one."""
    sent = session.scalars(select(Message).where(Message.handoff_id == row.id, Message.kind == MessageKind.answer))
    return next((each.id for each in sent if (each.letter or {}).get("draft_id") == words.draft_id), None)


def _check(row: Handoff, words: Words, actor: str) -> None:
    if not words.text.strip():
        raise EmptyAnswerError(str(EmptyAnswerError.__doc__))
    if len(words.text) > LONGEST:
        raise EmptyAnswerError(f"An answer may have {LONGEST:,} characters at most.")
    if row.state is HandoffState.closed or row.version != words.version:
        raise ChangedError(str(ChangedError.__doc__))
    if row.claimed_by not in (None, actor):
        raise hand_off.TakenError(f"{row.claimed_by} has this conversation already.")


def _key(row: Handoff, words: Words) -> str:
    return f"answer:{row.id}:{words.draft_id}"[:120]


def _letter(session: Session, row: Handoff, words: Words) -> dict[str, object]:
    who = session.get_one(Customer, row.customer_id)
    subject, parent, references = thread(session, row.id)
    return {
        "subject": (words.subject or subject or "A word from us")[:300],
        "text": words.text.strip() + "\n",
        "in_reply_to": parent,
        "references": references,
        "to_name": f"{who.first_name} {who.last_name}".strip(),
        "confirmed": words.confirmed,
        "draft_id": words.draft_id,
    }


def _own(session: Session, row: Handoff, words: Words, written: dict[str, object]) -> str:
    values = _values(session, row, written) | {"dedupe_key": _key(row, words)}
    session.execute(db.insert(session, Message), values)
    return str(values["id"])


def _for_step(session: Session, row: Handoff, words: Words, written: dict[str, object]) -> str:
    """The rep's mail takes the step's key, so that the machine can't send that step again."""
    walk, step, waiting = _next(session, row, words.step_key)
    if waiting is None:
        values = _values(session, row, written) | {
            "dedupe_key": upcoming.key(walk), "enrollment_id": walk.id, "campaign_id": walk.campaign_id,
            "version_id": walk.version_id, "step": step,
        }  # fmt: skip
        session.execute(db.insert(session, Message), values)
        sent = str(values["id"])
    else:
        sent = _turned(session, row, waiting, written)
    who = customer.lock(session, [walk.customer_id])[walk.customer_id]
    pointer.move(session, [pointer.after(session, walk, who, step)], system.business_now(session))
    return sent


def _next(session: Session, row: Handoff, step_key: str) -> tuple[Enrollment, str, Message | None]:
    """The enrollment, its next step, if that still is the check-in that somebody saw, and what stands for it, locked.
    Where nothing does, the enrollment is, so that no claim begins it now; one that was quicker has left its Message."""
    walk = upcoming.of(session, row)
    if walk is None or walk.next_step is None or step_key not in ("", upcoming.key(walk)):
        raise ChangedError(NO_LONGER)
    seen = upcoming.key(walk)
    standing = select(Message).where(Message.dedupe_key == seen).with_for_update(key_share=True)
    waiting = session.scalars(standing).first()
    if waiting is None:
        enrollment.lock(session, [walk.id])
        waiting = session.scalars(standing).first()
    if walk.next_step is None or upcoming.key(walk) != seen:
        raise ChangedError(NO_LONGER)
    return walk, walk.next_step, waiting


def _turned(session: Session, row: Handoff, waiting: Message, written: dict[str, object]) -> str:
    """The machine's own message for this step was waiting: it becomes the rep's."""
    if waiting.state not in (MessageState.queued, MessageState.claimed):
        raise ChangedError("That check-in has already gone out; send your words as an answer of their own.")
    waiting.kind, waiting.letter, waiting.handoff_id, waiting.rep_id = MessageKind.answer, written, row.id, row.rep_id
    waiting.state, waiting.reason, waiting.due_at = MessageState.queued, None, system.business_now(session)
    waiting.lease_token = waiting.lease_until = None
    waiting.fence += 1
    return waiting.id


def skip_step(session: Session, handoff_id: int, step_key: str, actor: str) -> None:
    """Leave out the campaign's next check-in for this customer, the one that `step_key` names: never two at once."""
    row = handoff.locked(session, handoff_id)
    if row.state is HandoffState.closed:
        raise ChangedError("This conversation is closed.")
    walk, step, _ = _next(session, row, step_key)
    now = system.business_now(session)
    pointer.leave_out(session, [(walk, plan.Planned(step, walk.planned_at or now))], Reason.replaced_by_rep)
    who = customer.lock(session, [walk.customer_id])[walk.customer_id]
    pointer.move(session, [pointer.after(session, walk, who, step)], now)
    audit.note(session, actor, "skip", f"handoff:{handoff_id}", step)
    row.version += 1


def check_seen(session: Session, handoff_id: int, version: int) -> None:
    """Raises ChangedError when something has come in since somebody saw this version: nothing unread is closed."""
    row = handoff.locked(session, handoff_id)
    if row.state is not HandoffState.closed and row.version != version:
        raise ChangedError("Something new has come in since you opened this conversation; read it before you close it.")


def _values(session: Session, row: Handoff, written: dict[str, object]) -> dict[str, object]:
    now = system.business_now(session)
    return {
        "id": tokens.new_id(), "kind": MessageKind.answer, "customer_id": row.customer_id, "rep_id": row.rep_id,
        "handoff_id": row.id, "state": MessageState.queued, "detail": "", "created_at": now, "planned_at": now,
        "due_at": now, "fence": 0, "attempt": 0, "letter": written,
    }  # fmt: skip
