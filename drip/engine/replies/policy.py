"""POLICY: what becomes of a reply, by its kind, and the one place where it is carried out."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.campaigns.replies import Act, Replies, Treatment
from drip.engine.handoffs import hand_off, hold
from drip.engine.people import suppress
from drip.engine.replies import bounced, classify
from drip.models import fixed, handoff, system
from drip.models.base import UtcDateTime
from drip.models.customer import Customer
from drip.models.handoff import Handoff, Priority
from drip.models.reasons import Reason
from drip.models.reply import MACHINES, MatchedBy, Reply, ReplyKind

# Without a day that the customer names.
AWAY = timedelta(days=14)
NOT_NOW = timedelta(days=30)
LONGEST_WAIT = timedelta(days=366)  # a day far off is a slip of the pen, or somebody's joke
# RFC 3834: two machines must not talk to each other; what comes beyond this in a day is kept and not acted on.
MOST_AUTOMATIC = 5
# A machine that does not say so writes like a person, and each of its mails would be a notice to the rep: beyond this
# in a day all is still kept in the conversation, and nobody is told of it any more.
MOST_TOLD = 10
AUTOMATIC = MACHINES - {ReplyKind.bounce, ReplyKind.complaint, ReplyKind.own_copy}
WHY = {
    ReplyKind.problem: "Something is wrong.",
    ReplyKind.question: "A question for you.",
    ReplyKind.praise: "Kind words.",
    ReplyKind.courtesy: "A friendly answer; nothing to do.",
    ReplyKind.buying: "Thinks of buying.",
    ReplyKind.referral: "Knows somebody who may be looking.",
    ReplyKind.leaving: "Thinks of leaving.",
    ReplyKind.opt_out: "Asked to be left alone; we have stopped writing.",
    ReplyKind.not_now: "Not now; we wait.",
    ReplyKind.wrong_person: "This may be the wrong person.",
    ReplyKind.unclear: "An answer that only a person can read.",
    ReplyKind.out_of_office: "Out of office.",
    ReplyKind.auto_reply: "An automatic answer.",
    ReplyKind.bounce: "Our mail came back.",
    ReplyKind.complaint: "Marked our mail as spam.",
    ReplyKind.list: "Mail from a list.",
    ReplyKind.own_copy: "A copy of our own mail.",
}
CROSSED = "A check-in crossed with it in the post."
LAST_TOLD = "They write very often today, perhaps a machine does: we tell you of no more until tomorrow."
STOPPED_FOR = {
    ReplyKind.complaint: Reason.complained,
    ReplyKind.wrong_person: Reason.wrong_person,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply on record, of a customer whose row is locked, and what it means."""

    reply: Reply
    meaning: classify.Meaning
    key: bytes


def treatment(replies: Replies, kind: ReplyKind, *, urgent: bool = False) -> Treatment:
    """What the house does with such a reply; what is urgent is handed off one level higher."""
    usual = replies.of(kind)
    if not urgent or usual.act is not Act.hand_off:
        return usual
    levels = list(Priority)
    return Treatment(usual.act, levels[min(levels.index(usual.priority) + 1, len(levels) - 1)])


def is_loop(session: Session, customer_id: int, kind: ReplyKind, now: datetime) -> bool:
    """Whether this customer's machines have said enough in the last 24 hours of business time."""
    if kind not in AUTOMATIC:
        return False
    lately = (Reply.customer_id == customer_id, Reply.kind.in_(AUTOMATIC), Reply.received_at > now - timedelta(days=1))
    return (session.scalar(select(func.count()).select_from(Reply).where(*lately)) or 0) >= MOST_AUTOMATIC


def heard_today(session: Session, customer_id: int) -> int:
    """Their replies of the last 24 hours of business time, without those of machines that say so."""
    since = system.business_now(session) - timedelta(days=1)
    count: int = fixed.run(session, _HEARD, customer_id=customer_id, since=since).scalar_one()
    return count


_HEARD = select(func.count()).where(
    Reply.customer_id == bindparam("customer_id"),
    Reply.kind.not_in(MACHINES),
    Reply.received_at > bindparam("since", type_=UtcDateTime()),
)


def follow(session: Session, heard: Heard, treated: Treatment) -> None:
    """Carry it out: the hold that the mail brought goes, and what the treatment asks for takes its place, in one
    transaction. A conversation that is open already gets every human reply, whatever it says."""
    hold.release_read(session, heard.reply.customer_id, but=heard.reply.inbound_id)
    if treated.act is Act.stop or ReplyKind.opt_out in heard.meaning.also:
        _stop(session, heard)
    if treated.act is Act.wait:
        wait(session, heard.reply)
    if treated.act is Act.hand_off or _asks_more(session, heard):
        hand_off_to_rep(session, heard.reply, treated.priority)
    elif heard.reply.kind not in MACHINES:
        _tell(session, heard.reply, treated.act)
    elif heard.reply.matched_by is MatchedBy.person:
        _keep_with(session, heard.reply)


def why(reply: Reply) -> str:
    """One line for the rep."""
    return f"{WHY[reply.kind]} {CROSSED}" if reply.crossed else WHY[reply.kind]


def _asks_more(session: Session, heard: Heard) -> bool:
    """Whoever leaves and asks for something all the same is answered: no more mails, and where is my refund?"""
    replies = published.rules(session).replies
    leaves = heard.reply.kind is ReplyKind.opt_out
    return leaves and any(replies.of(each).act is Act.hand_off for each in heard.meaning.also)


def _tell(session: Session, reply: Reply, act: Act) -> None:
    """Nobody need answer, so the rep only reads it; check-ins rest for the cool-off (DESIGN.md promise 5)."""
    row = handoff.unclosed(session, reply.customer_id)
    if row is not None:
        _join(session, row, reply, Priority.low)
        return
    if act is Act.go_on:
        rest(session, reply)
    count = heard_today(session, reply.customer_id)
    if count <= MOST_TOLD:
        hand_off.tell(session, reply, _said(reply, count))


def hand_off_to_rep(session: Session, reply: Reply, priority: Priority) -> None:
    """Open a conversation about it, or append it to the one that is open."""
    row = handoff.unclosed(session, reply.customer_id)
    if row is not None:
        _join(session, row, reply, priority)
        return
    said = _said(reply, heard_today(session, reply.customer_id))
    hand_off.opened(session, reply.customer_id, priority, said, reply=reply)


def _join(session: Session, row: Handoff, reply: Reply, priority: Priority) -> None:
    count = heard_today(session, reply.customer_id)
    if count > MOST_TOLD:
        hand_off.append(session, row, reply, priority)
    else:
        hand_off.again(session, row, priority, _said(reply, count), reply)


def _said(reply: Reply, count: int) -> str:
    return f"{why(reply)} {LAST_TOLD}" if count == MOST_TOLD else why(reply)


def _keep_with(session: Session, reply: Reply) -> None:
    """Somebody of us has said whose it is: it stands in the conversation, if there is one, whoever wrote it."""
    row = handoff.unclosed(session, reply.customer_id)
    if row is not None:
        hand_off.again(session, row, Priority.low, why(reply), reply)


def _stop(session: Session, heard: Heard) -> None:
    """An opt-out holds for the person, a bounce for the address if that is bad for good, a complaint for both."""
    kind, because = heard.reply.kind, f"By reply {heard.reply.id}: {' '.join(heard.reply.evidence)}"
    if kind is ReplyKind.bounce:
        bounced.keep(session, heard.reply, heard.meaning, heard.key, because)
        return
    stop = suppress.Stop(
        STOPPED_FOR.get(kind, Reason.unsubscribed), because, person=True, address=kind is ReplyKind.complaint
    )
    suppress.suppress(session, heard.reply.customer_id, stop, heard.key)


def wait(session: Session, reply: Reply) -> None:
    """The newest word on when to go on counts; a day gone by means that they are back."""
    away = reply.kind in MACHINES
    reason = Reason.out_of_office if away else Reason.not_now
    now = system.business_now(session)
    until = _named_day(session, reply, days_later=1 if away else 0) or now + (AWAY if away else NOT_NOW)
    until = min(until if away else max(until, _rested(session)), now + LONGEST_WAIT)
    hold.release(session, reply.customer_id, reason)
    if until > now:
        _hold(session, reply, reason, until)


def rest(session: Session, reply: Reply) -> None:
    """Check-ins rest for the cool-off and go on."""
    _hold(session, reply, Reason.cool_off, _rested(session))


def brought_by(reply: Reply) -> str:
    """How a hold names the reply that brought it."""
    return f"reply {reply.id}"


def _named_day(session: Session, reply: Reply, *, days_later: int) -> datetime | None:
    """The first moment of the day that it names, on the customer's clock; a far-off day counts as `LONGEST_WAIT`. Of an
    absence one day later: "until Friday" is still away on Friday, and whoever is back on Monday has a full box."""
    if reply.until is None:
        return None
    who = session.get_one(Customer, reply.customer_id)
    zone = published.rules(session).zone(who.timezone, who.country)
    latest = (system.business_now(session) + LONGEST_WAIT).date()
    return calendar.instant(min(reply.until + timedelta(days=days_later), latest), time(), zone)


def _rested(session: Session) -> datetime:
    days = published.rules(session).sending.cool_off_days
    return system.business_now(session) + timedelta(days=days)


def _hold(session: Session, reply: Reply, reason: Reason, until: datetime) -> None:
    hold.hold(session, reply.customer_id, hold.Cause(reason, brought_by(reply), until))
