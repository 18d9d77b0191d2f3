"""Conversations in the small world: a customer answers, a rep takes over."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import db, tokens
from drip.engine.handoffs import answer, hand_off
from drip.models import system
from drip.models.handoff import Handoff, Priority
from drip.models.inbound import InboundMail, InboundState
from drip.models.message import Message, MessageKind
from drip.models.rep import Rep
from drip.models.reply import MatchedBy, Reply, ReplyKind

RITA = "rita@quay.example"
OTTO = "otto@quay.example"


@dataclass(frozen=True)
class Said:
    """What a test wants of a reply; the rest is a squeaking bell."""

    text: str = "The bell squeaks."
    kind: ReplyKind = ReplyKind.problem
    priority: Priority = Priority.high
    html: str | None = None
    message_id: str | None = None
    crossed: tuple[str, ...] = ()


def stored(session: Session, raw: bytes = b"", state: InboundState = InboundState.understood) -> InboundMail:
    """A mail that reached us."""
    mail = InboundMail(digest=tokens.new_id(), raw=raw, envelope_to=["rita@mail.quay.example"],
                       envelope_from="who@elsewhere.example", checks={}, state=state,
                       received_at=system.business_now(session))  # fmt: skip
    session.add(mail)
    session.flush()
    return mail


def replied(session: Session, customer_id: int, said: Said | None = None) -> Reply:
    """A customer's words, understood."""
    said = said or Said()
    row = Reply(inbound_id=stored(session).id, customer_id=customer_id, kind=said.kind, matched_by=MatchedBy.token,
                evidence=[f"Reads like a {said.kind}."], new_text=said.text, full_text=f"{said.text}\n> old words",
                html=said.html, subject="How is your Quay 3?", mail_message_id=f"{tokens.new_id()}@buyers.example",
                mail_references=["first@quay.example"], message_id=said.message_id, crossed=list(said.crossed),
                received_at=system.business_now(session))  # fmt: skip
    session.add(row)
    session.flush()
    return row


def wrote(database: db.Database, customer_id: int, said: Said | None = None) -> int:
    """A customer writes, and a person gets it; the id of the handoff."""
    said = said or Said()
    with database.write() as session:
        reply = replied(session, customer_id, said)
        return hand_off.open_for(session, customer_id, said.priority, "Something is wrong.", reply=reply).id


def answered(database: db.Database, handoff_id: int, actor: str = RITA, **changes: object) -> str:
    """A rep answers; the message's id."""
    words = {"text": "I will oil it tomorrow.", "draft_id": "d1", "version": handoff(database, handoff_id).version}
    with database.write() as session:
        return answer.answer(session, handoff_id, answer.Words(**(words | changes)), actor)  # type: ignore[arg-type]


def handoff(database: db.Database, handoff_id: int = 1) -> Handoff:
    with database.read() as session:
        return session.get_one(Handoff, handoff_id)


def handoffs(database: db.Database) -> list[Handoff]:
    with database.read() as session:
        return list(session.scalars(select(Handoff).order_by(Handoff.id)))


def rep(database: db.Database, email: str = RITA) -> Rep:
    with database.read() as session:
        return session.scalars(select(Rep).where(Rep.email == email)).one()


def sent(database: db.Database, kind: MessageKind) -> list[Message]:
    with database.read() as session:
        return list(session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))
