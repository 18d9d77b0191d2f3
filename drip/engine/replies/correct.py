"""CORRECT: somebody has read a reply and says what it is; what follows is that kind's policy, as if we had known.

A correction writes to no customer. It only ever lets check-ins go on where no person has taken the word, and it lifts
no suppression: whoever was silenced by mistake is written to again only when somebody decides so on their page.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import published
from drip.campaigns.replies import Act, Treatment
from drip.engine.handoffs import hold, resolve
from drip.engine.people import suppress
from drip.engine.replies import policy
from drip.models import audit, customer, handoff, system
from drip.models.correction import Correction
from drip.models.handoff import Handoff, HandoffState, Resolution
from drip.models.reasons import Reason
from drip.models.reply import Reply, ReplyKind

# What a person may say of a reply: that a mail came back or was marked as spam, only a provider knows.
CHOICES = tuple(kind for kind in ReplyKind if kind not in (ReplyKind.bounce, ReplyKind.complaint, ReplyKind.own_copy))
DATED = (ReplyKind.not_now, ReplyKind.out_of_office)


class CorrectionError(errors.DripError):
    """A reply cannot be corrected as asked."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a reply: its kind and, of one that asks to wait, the day until which."""

    kind: ReplyKind
    until: date | None = None


def correct(session: Session, reply_id: int, said: Said, actor: str, key: bytes) -> Correction | None:
    """Write the correction down and follow the policy of the new kind; None when that is what it says already."""
    reply = _locked(session, reply_id)
    said = Said(said.kind, said.until if said.kind in DATED else None)
    if said.kind not in CHOICES:
        raise CorrectionError("Only the provider can say that of a mail.")
    if (reply.kind, reply.until) == (said.kind, said.until):
        return None
    now = system.business_now(session)
    row = Correction(reply_id=reply.id, at=now, actor=actor, from_kind=reply.kind, to_kind=said.kind, until=said.until)
    session.add(row)
    audit.note(session, actor, "correct", f"reply:{reply.id}", f"{reply.kind} -> {said.kind}")
    reply.kind, reply.until = said.kind, said.until
    reply.evidence = [*reply.evidence, f"{actor} read it as {_shown(said.kind)}, we had said {_shown(row.from_kind)}."]
    _follow(session, reply, actor, key)
    return row


def _locked(session: Session, reply_id: int) -> Reply:
    """The reply, its customer locked first, as everything is that changes what may be sent to them."""
    who = session.scalar(select(Reply.customer_id).where(Reply.id == reply_id))
    if who is None:
        raise CorrectionError("There is no such reply.")
    customer.lock(session, [who])
    return session.get_one(Reply, reply_id, populate_existing=True)


def _follow(session: Session, reply: Reply, actor: str, key: bytes) -> None:
    treated = policy.treatment(published.rules(session).replies, reply.kind, urgent=reply.urgent)
    hold.release_brought(session, reply.customer_id, policy.brought_by(reply))
    if treated.act is Act.hand_off:
        _keep_open(session, reply, treated)
        return
    if treated.act is Act.stop:
        stop = suppress.Stop(Reason.unsubscribed, f"{actor} read it in reply {reply.id}.", actor=actor)
        suppress.suppress(session, reply.customer_id, stop, key)
    _close_if_done(session, reply, actor)
    if treated.act is Act.wait:
        policy.wait(session, reply)
    elif treated.act is Act.go_on and handoff.unclosed(session, reply.customer_id) is None:
        policy.rest(session, reply)


def _keep_open(session: Session, reply: Reply, treated: Treatment) -> None:
    """The conversation that it is in says what it is now; without one, it opens one as any such reply does."""
    row = handoff.unclosed(session, reply.customer_id)
    if row is None or row.id != reply.handoff_id:
        policy.hand_off_to_rep(session, reply, treated.priority)
        return
    row.why, row.version = policy.why(reply), row.version + 1
    if _is_alone(session, reply, row):
        row.priority = treated.priority


def _close_if_done(session: Session, reply: Reply, actor: str) -> None:
    """A conversation that only this reply opened, and that nobody else has taken or answered, is over; the year goes
    on after the cool-off."""
    row = handoff.unclosed(session, reply.customer_id)
    if row is None or row.id != reply.handoff_id:
        return
    untouched = row.answered_at is None and row.state is not HandoffState.pending
    if untouched and row.claimed_by in (None, actor) and _is_alone(session, reply, row):
        resolve.resolve(session, row.id, Resolution.resume, None, actor)
    else:
        row.why, row.version = policy.why(reply), row.version + 1


def _is_alone(session: Session, reply: Reply, row: Handoff) -> bool:
    """Whether nothing else in this conversation asks for a person."""
    replies = published.rules(session).replies
    others = session.scalars(select(Reply.kind).where(Reply.handoff_id == row.id, Reply.id != reply.id))
    return not any(replies.of(kind).act is Act.hand_off for kind in others)


def _shown(kind: ReplyKind) -> str:
    return kind.value.replace("_", " ")
