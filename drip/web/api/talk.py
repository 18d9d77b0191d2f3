"""Conversations as the API tells them: instants are UTC in business time."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from drip.models.correction import Correction
from drip.models.handoff import Handoff, HandoffState, Priority, Resolution
from drip.models.reply import MatchedBy, Reply, ReplyKind

Limit = Annotated[int, Query(ge=1, le=1000)]
Address = Annotated[str | None, Query(description="An address.", max_length=254, pattern=r"^[^\x00]*$")]


class ReplyOut(BaseModel):
    """A mail of a customer, understood; `text` is what they wrote now, without quotes."""

    id: int
    customer: str
    message: str | None
    handoff: int | None
    kind: ReplyKind
    matched_by: MatchedBy
    evidence: list[str]
    urgent: bool
    until: date | None
    subject: str
    text: str
    received_at: datetime


class HandoffOut(BaseModel):
    """A conversation in a person's hands; send its `version` along when you answer."""

    id: int
    customer: str
    rep: str
    state: HandoffState
    priority: Priority
    why: str
    version: int
    claimed_by: str | None
    opened_at: datetime
    touched_at: datetime
    answered_at: datetime | None
    snoozed_until: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    resolution: Resolution | None
    resume_on: date | None


class Answered(BaseModel):
    """The answer's message id, and the version that the conversation has now."""

    message: str
    version: int


class Changed(BaseModel):
    """Why not, and the replies that nobody has answered yet."""

    error: str
    version: int
    state: HandoffState
    claimed_by: str | None
    new: list[ReplyOut]


class Replies(BaseModel):
    """A page of replies; `cursor` leads to the next one, null at the end."""

    items: list[ReplyOut]
    cursor: str | None


class CorrectionOut(BaseModel):
    """Somebody read a reply otherwise than we did; `text` is what its customer wrote."""

    id: int
    at: datetime
    by: str
    reply: int
    customer: str
    from_kind: ReplyKind
    to_kind: ReplyKind
    until: date | None
    text: str


class Corrections(BaseModel):
    """A page of corrections, the newest first; `cursor` leads to earlier ones, null at the end."""

    items: list[CorrectionOut]
    cursor: str | None


class Handoffs(BaseModel):
    """A page of conversations; `cursor` leads to the next one, null at the end."""

    items: list[HandoffOut]
    cursor: str | None


def reply(row: Reply, email: str) -> ReplyOut:
    """One reply of the customer with this address."""
    return ReplyOut(
        id=row.id,
        customer=email,
        message=row.message_id,
        handoff=row.handoff_id,
        kind=row.kind,
        matched_by=row.matched_by,
        evidence=row.evidence,
        urgent=row.urgent,
        until=row.until,
        subject=row.subject,
        text=row.new_text,
        received_at=row.received_at,
    )


def correction(row: Correction, about: Reply, email: str) -> CorrectionOut:
    """One correction of a reply of the customer with this address."""
    return CorrectionOut(
        id=row.id,
        at=row.at,
        by=row.actor,
        reply=row.reply_id,
        customer=email,
        from_kind=row.from_kind,
        to_kind=row.to_kind,
        until=row.until,
        text=about.new_text,
    )


def handoff(row: Handoff, email: str, rep: str) -> HandoffOut:
    """One conversation of the customer and the rep with these addresses."""
    told = {name: getattr(row, name) for name in HandoffOut.model_fields if name not in ("customer", "rep")}
    return HandoffOut(customer=email, rep=rep, **told)
