"""HAND OFF: a conversation goes into human hands; one open at most for a customer, and replies append to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select, update
from sqlalchemy.orm import Session

from drip import errors
from drip.engine.handoffs import hold, notice, remind, responsible
from drip.models import audit, customer, fixed, handoff, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.handoff import Handoff, HandoffState, Priority
from drip.models.message import Message
from drip.models.reasons import Reason
from drip.models.rep import Rep
from drip.models.reply import Reply

RANK = list(Priority)
WOKEN_AT_ONCE = 100  # each brings a notice, and on SQLite whoever else writes waits


class TakenError(errors.DripError):
    """Somebody else has this conversation already."""


def open_for(
    session: Session, customer_id: int, priority: Priority, why: str, *, reply: Reply | None, about: str | None = None
) -> Handoff:
    """Open a handoff, or append to the one that is open; holds the customer and tells the rep. Without a reply it may
    be about one of our messages, by its id.

    Locks the customer first, so that two replies at once make one handoff; UNIQUE says no to a second.
    """
    customer.lock(session, [customer_id])
    row = handoff.unclosed(session, customer_id)
    if row is not None:
        return again(session, row, priority, why, reply)
    return opened(session, customer_id, priority, why, reply=reply, about=about)


def opened(
    session: Session, customer_id: int, priority: Priority, why: str, *, reply: Reply | None, about: str | None = None
) -> Handoff:
    """The same for a customer who is locked and of whom no conversation is open."""
    who = customer.lock(session, [customer_id])[customer_id]
    row = _opened(session, who, priority, why, reply.message_id if reply else about)
    if reply is not None:
        reply.handoff_id = row.id
    _keep_quiet(session, row)
    notice.to_rep(session, row, "opened", why, reply)
    return row


def again(session: Session, row: Handoff, priority: Priority, why: str, reply: Reply | None) -> Handoff:
    """Something more for the conversation that is open, whose customer is locked: the rep is told."""
    _appended(row, priority, system.business_now(session))
    _joined(session, row, reply)
    notice.to_rep(session, row, f"reply:{reply.id}" if reply else "again", why, reply)
    return row


def append(session: Session, row: Handoff, reply: Reply, priority: Priority) -> None:
    """It joins the conversation, and nobody is told: the caller, who has locked the customer, has told them enough."""
    _appended(row, priority, system.business_now(session))
    _joined(session, row, reply)


def tell(session: Session, reply: Reply, why: str) -> None:
    """Let the rep know of a reply that needs no handoff: a kind word, a wish to wait."""
    who = session.get_one(Customer, reply.customer_id)
    notice.of_reply(session, responsible.of(session, who, reply.message_id), reply, why)


def by_rep(session: Session, customer_id: int, rep_id: int, why: str, actor: str) -> Handoff:
    """A rep takes a customer without a reply: "I phoned her". A conversation that is open already is claimed and
    keeps its state, so that unanswered words stay in the queue; raises TakenError when somebody else has it."""
    audit.note(session, actor, "hold", f"customer:{customer_id}", why)
    customer.lock(session, [customer_id])
    known = handoff.unclosed(session, customer_id)
    if known is not None:
        return claim(session, known.id, actor)
    row = open_for(session, customer_id, Priority.low, why, reply=None)
    row.rep_id, row.claimed_by, row.claimed_at = rep_id, actor, system.business_now(session)
    row.state = HandoffState.pending
    return row


def claim(session: Session, handoff_id: int, actor: str) -> Handoff:
    """Compare-and-set: of any number who try at once, one has it. Raises TakenError with the owner's name."""
    now = system.business_now(session)
    free = (Handoff.id == handoff_id, Handoff.claimed_by.is_(None), Handoff.state != HandoffState.closed)
    session.execute(update(Handoff).where(*free).values(claimed_by=actor, claimed_at=now))
    row = session.get_one(Handoff, handoff_id, populate_existing=True)
    if row.claimed_by != actor:
        raise _taken(row, closed=row.state is HandoffState.closed and row.claimed_by is None)
    signs(session, row, actor)
    return row


def take_over(session: Session, handoff_id: int, owner: str, actor: str) -> Handoff:
    """From one person to another: somebody falls ill. `owner` is whose it was when the taker looked, and of any number
    who try at once one has it. Raises TakenError with the owner's name."""
    theirs = (Handoff.id == handoff_id, Handoff.claimed_by == owner, Handoff.state != HandoffState.closed)
    values = {"claimed_by": actor, "claimed_at": system.business_now(session)}
    taken = session.execute(update(Handoff).where(*theirs).values(**values).returning(Handoff.id)).first()
    row = session.get_one(Handoff, handoff_id, populate_existing=True)
    if taken is None and (row.claimed_by != actor or row.state is HandoffState.closed):
        raise _taken(row, closed=row.state is HandoffState.closed)
    if taken is not None and owner != actor:
        audit.note(session, actor, "take over", f"handoff:{handoff_id}", f"from {owner}")
        signs(session, row, actor)
    return row


def signs(session: Session, row: Handoff, actor: str) -> None:
    """Whoever of the reps has the conversation signs it: nobody writes in another's name."""
    own = session.scalar(select(Rep.id).where(Rep.email == actor, Rep.left_at.is_(None)))
    row.rep_id = own or row.rep_id


def snooze(session: Session, handoff_id: int, until: datetime, actor: str) -> None:
    """Out of the queue until then; a reply wakes it earlier. The customer stays on hold."""
    row = handoff.locked(session, handoff_id)
    if row.state is not HandoffState.closed:
        row.state, row.snoozed_until = HandoffState.snoozed, until
        row.version += 1
        audit.note(session, actor, "snooze", f"handoff:{handoff_id}", until.isoformat())


def wake(session: Session) -> int:
    """Snoozed conversations whose time has come are open again, and each one's rep is told. One that somebody holds is
    left to them and to the next round: mails that are followed up together hold several, and whoever waited for one of
    them would wait in a ring."""
    now = system.business_now(session)
    due = select(Handoff).where(Handoff.state == HandoffState.snoozed, Handoff.snoozed_until <= now)
    free = due.order_by(Handoff.snoozed_until).limit(WOKEN_AT_ONCE).with_for_update(skip_locked=True, key_share=True)
    woken = session.scalars(free.execution_options(populate_existing=True)).all()
    for row in woken:
        row.state, row.snoozed_until, row.version = HandoffState.open, None, row.version + 1
        remind.of_waking(session, row)
    return len(woken)


def _taken(row: Handoff, *, closed: bool) -> TakenError:
    owner = row.claimed_by or "Nobody"
    return TakenError("This conversation is closed." if closed else f"{owner} has this conversation already.")


def _opened(session: Session, who: Customer, priority: Priority, why: str, message_id: str | None) -> Handoff:
    walk, now = _walk(session, who.id, message_id), system.business_now(session)
    row = Handoff(
        customer_id=who.id,
        rep_id=responsible.of(session, who, message_id).id,
        state=HandoffState.open,
        priority=priority,
        why=why[:300],
        opened_at=now,
        touched_at=now,
        enrollment_id=walk.id if walk else None,
        step=walk.next_step if walk else None,
    )
    session.add(row)
    session.flush()
    return row


def _appended(row: Handoff, priority: Priority, now: datetime) -> None:
    row.version += 1
    row.state, row.snoozed_until, row.touched_at = HandoffState.open, None, now
    row.priority = max(row.priority, priority, key=RANK.index)


def _joined(session: Session, row: Handoff, reply: Reply | None) -> None:
    """The reply is part of the conversation, and while that lasts the customer hears no machine."""
    if reply is not None:
        reply.handoff_id = row.id
    if not hold.is_open(session, row.customer_id, Reason.handoff_open):
        _keep_quiet(session, row)


def _keep_quiet(session: Session, row: Handoff) -> None:
    hold.hold(session, row.customer_id, hold.Cause(Reason.handoff_open, f"handoff {row.id}"))


def _walk(session: Session, customer_id: int, message_id: str | None) -> Row[Any] | None:
    """Id and next step of the enrollment whose next check-in the rep should know: the answered one, else the one that
    is due first."""
    asked = fixed.run(session, _ASKED, customer_id=customer_id, message_id=message_id).first() if message_id else None
    return asked or fixed.run(session, _WALKING, customer_id=customer_id).first()


_OF_CUSTOMER: BindParameter[int] = bindparam("customer_id")
_ACTIVE = select(Enrollment.id, Enrollment.next_step).where(
    Enrollment.customer_id == _OF_CUSTOMER, Enrollment.state == EnrollmentState.active
)
_ASKED = _ACTIVE.join(Message, Message.enrollment_id == Enrollment.id).where(Message.id == bindparam("message_id"))
_WALKING = _ACTIVE.order_by(Enrollment.planned_at).limit(1)
