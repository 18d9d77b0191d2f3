"""An inbound mail matched to a customer and understood."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from drip.models.base import Base, Id, words


class ReplyKind(StrEnum):
    """What a person meant, or which kind of machine answered."""

    problem = "problem"
    question = "question"
    praise = "praise"
    courtesy = "courtesy"
    buying = "buying"
    referral = "referral"
    leaving = "leaving"
    opt_out = "opt_out"
    not_now = "not_now"
    wrong_person = "wrong_person"
    unclear = "unclear"
    out_of_office = "out_of_office"
    auto_reply = "auto_reply"
    bounce = "bounce"
    complaint = "complaint"
    list = "list"
    own_copy = "own_copy"


MACHINES = frozenset({
    ReplyKind.out_of_office, ReplyKind.auto_reply, ReplyKind.bounce, ReplyKind.complaint, ReplyKind.list,
    ReplyKind.own_copy,
})  # fmt: skip


class MatchedBy(StrEnum):
    """How we know whose reply it is, the surest first."""

    token = "token"  # noqa: S105 - a word, not a secret
    message_id = "message_id"
    sender = "sender"
    person = "person"


class Reply(Base):
    """One inbound mail is one reply at most. `new_text` is what the person wrote now, without quotes; `files`
    are the names of those that came with it (the bytes stay in the raw mail)."""

    __tablename__ = "replies"
    __table_args__ = (Index(None, "customer_id"), Index(None, "handoff_id"), Index(None, "received_at"))

    id: Mapped[Id]
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound_mails.id"), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"))
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("handoffs.id"))
    kind: Mapped[ReplyKind] = mapped_column(words(ReplyKind, name="kind"))
    matched_by: Mapped[MatchedBy] = mapped_column(words(MatchedBy, name="matched_by"))
    evidence: Mapped[list[str]] = mapped_column(JSON)
    urgent: Mapped[bool] = mapped_column(default=False)
    until: Mapped[date | None]
    from_address: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    new_text: Mapped[str] = mapped_column(Text, default="")
    full_text: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)
    files: Mapped[list[str] | None] = mapped_column(JSON)
    mail_message_id: Mapped[str | None] = mapped_column(String(500))
    mail_references: Mapped[list[str]] = mapped_column(JSON)
    crossed: Mapped[list[str]] = mapped_column(JSON)
    received_at: Mapped[datetime]
