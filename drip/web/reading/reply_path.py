"""The way of one reply, from the mail that reached us to what was decided: every step with its evidence. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from drip import tokens
from drip.campaigns import published
from drip.campaigns.replies import Act
from drip.engine.people import promises
from drip.engine.replies import policy, receive
from drip.models import message
from drip.models.audit import AuditEntry
from drip.models.customer import Customer, Hold
from drip.models.delivery_event import DeliveryEvent
from drip.models.handoff import Handoff
from drip.models.inbound import InboundMail
from drip.models.message import Message
from drip.models.reasons import Reason
from drip.models.rep import Rep
from drip.models.reply import Reply
from drip.models.suppression import Suppression

MOST_LINES = 2_000
SAID = {
    Act.hand_off: "A person gets it, and all check-ins rest until the conversation is closed.",
    Act.go_on: "The rep is told; check-ins rest for the cool-off and go on.",
    Act.stop: "We write no more.",
    Act.wait: "Check-ins wait until the day that was named, else for a while.",
    Act.ignore: "It is kept, and nothing else happens.",
}


@dataclass(frozen=True, slots=True)
class Way:
    """`rule` is the line of config.toml as it stands today, `sentence` what it does; `rest` the hold that the mail
    brought; `holds` those that followed; `crossed` our check-ins that left while it was on its way."""

    reply: Reply
    mail: InboundMail
    customer: Customer
    rest: Hold | None
    rule: str
    sentence: str
    handoff: Handoff | None
    holds: Sequence[Hold]
    suppressions: Sequence[Suppression]
    notices: Sequence[tuple[Message, Rep]]
    came_back: DeliveryEvent | None
    crossed: Sequence[Message]
    acts: Sequence[AuditEntry]
    promised: Sequence[tuple[int, str]]


def of(session: Session, reply: Reply, mail: InboundMail, key: bytes) -> Way:
    """Everything that is written down about it."""
    treated = policy.treatment(published.rules(session).replies, reply.kind, urgent=reply.urgent)
    holds = _holds(session, reply)
    who = session.get_one(Customer, reply.customer_id)
    handoff = session.get(Handoff, reply.handoff_id) if reply.handoff_id is not None else None
    priority = f" {treated.priority}" if treated.act is Act.hand_off else ""
    return Way(
        reply=reply,
        mail=mail,
        customer=who,
        rest=next((each for each in holds if each.reason is Reason.replied), None),
        rule=f'{reply.kind} = "{treated.act}{priority}"',
        sentence=SAID[treated.act],
        handoff=handoff,
        holds=[each for each in holds if each.reason is not Reason.replied],
        suppressions=_suppressions(session, reply, who, key),
        notices=_notices(session, reply),
        came_back=_event(session, reply),
        crossed=session.scalars(select(Message).where(Message.id.in_(reply.crossed))).all(),
        acts=_acts(session, reply),
        promised=[(row.id, promises.asked(row)) for row in promises.still_open(session, [who.id])[who.id]],
    )


def pieces(full: str, kept: str) -> list[tuple[bool, str]]:
    """The whole text in blocks, each with whether it was kept as new words. Pure and linear; empty when the new words
    are not found line by line, as in mail whose HTML says what is quoted."""
    wanted = [line.strip() for line in kept.split("\n") if line.strip()]
    found, blocks = 0, list[tuple[bool, list[str]]]()
    lines = full.split("\n", MOST_LINES)  # what is left of a very long mail is one block
    for line in lines:
        is_kept = found < len(wanted) and line.strip() == wanted[found]
        found += is_kept
        is_more = bool(blocks) and (blocks[-1][0] == is_kept or not line.strip())
        if is_more:
            blocks[-1][1].append(line)
        else:
            blocks.append((is_kept, [line]))
    told = [(is_kept, "\n".join(lines).strip("\n")) for is_kept, lines in blocks]
    return [each for each in told if each[1].strip()] if found == len(wanted) else []


def _holds(session: Session, reply: Reply) -> Sequence[Hold]:
    causes = [f"mail {reply.inbound_id}", policy.brought_by(reply)]
    causes += [f"handoff {reply.handoff_id}"] if reply.handoff_id is not None else []
    rows = select(Hold).where(Hold.customer_id == reply.customer_id, Hold.detail.in_(causes))
    return session.scalars(rows.order_by(Hold.id)).all()


def _suppressions(session: Session, reply: Reply, who: Customer, key: bytes) -> Sequence[Suppression]:
    theirs = or_(Suppression.customer_id == who.id, Suppression.address_hash == tokens.fingerprint(key, who.email))
    by_reply = Suppression.detail.startswith(f"By reply {reply.id}:", autoescape=True)
    by_way_out = Suppression.detail == receive.WAY_OUT.format(reply.inbound_id)
    by_hand = Suppression.detail.endswith(f" in reply {reply.id}.", autoescape=True)
    rows = select(Suppression).where(theirs, or_(by_reply, by_way_out, by_hand))
    return session.scalars(rows.order_by(Suppression.id)).all()


def _notices(session: Session, reply: Reply) -> Sequence[tuple[Message, Rep]]:
    """By their keys, which are exact and indexed; the mail that opened a conversation has told of it by that."""
    reps = list(session.scalars(select(Rep.id)))
    keys = message.reply_notice_keys([reply.id], reps)
    if reply.handoff_id is not None:
        earlier = select(Reply.id).where(Reply.handoff_id == reply.handoff_id, Reply.id < reply.id)
        cause = "opened" if session.scalar(earlier.limit(1)) is None else f"reply:{reply.id}"
        keys += [f"notice:{reply.handoff_id}:{cause}:{rep}:first" for rep in reps]
    rows = select(Message, Rep).join(Rep, Rep.id == Message.rep_id).where(Message.dedupe_key.in_(keys))
    return [(row.Message, row.Rep) for row in session.execute(rows.order_by(Message.id))]


def _event(session: Session, reply: Reply) -> DeliveryEvent | None:
    return session.scalars(select(DeliveryEvent).where(DeliveryEvent.event_key == f"mail:{reply.inbound_id}")).first()


def _acts(session: Session, reply: Reply) -> Sequence[AuditEntry]:
    mine = AuditEntry.subject.in_([f"inbound:{reply.inbound_id}", f"reply:{reply.id}"])
    return session.scalars(select(AuditEntry).where(mine).order_by(AuditEntry.id)).all()
