"""A plan, its immutable published texts, and the house rules published with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Row, String, Text, UniqueConstraint, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from drip.models import fixed
from drip.models.base import Base, Id, words


class CampaignState(StrEnum):
    """Only `active` campaigns enroll and send."""

    draft = "draft"
    active = "active"
    paused = "paused"
    archived = "archived"


class Campaign(Base):
    """The plan by its name; what it says stands in its versions. Every gate locks this row shared."""

    __tablename__ = "campaigns"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(60), unique=True)
    state: Mapped[CampaignState] = mapped_column(words(CampaignState, name="state"))
    state_at: Mapped[datetime]
    state_reason: Mapped[str] = mapped_column(String(300), default="")
    priority: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str] = mapped_column(String(300), default="")
    refusal_streak: Mapped[int] = mapped_column(default=0)


class CampaignVersion(Base):
    """One published text: its TOML, its definition and all its letters. Never changed, never deleted."""

    __tablename__ = "campaign_versions"
    __table_args__ = (UniqueConstraint("campaign_id", "number"),)

    id: Mapped[Id]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    toml: Mapped[str] = mapped_column(Text)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    letters: Mapped[dict[str, dict[str, str | None]]] = mapped_column(JSON)
    published_at: Mapped[datetime]


class Publication(Base):
    """What config.toml said about the company and its sending rules when it was published; the newest one rules."""

    __tablename__ = "publications"
    __table_args__ = (Index(None, "published_at"),)

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(String(64))
    toml: Mapped[str] = mapped_column(Text)
    company: Mapped[dict[str, Any]] = mapped_column(JSON)
    sending: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(254), default="")


def active(session: Session) -> Sequence[Row[Any]]:
    """Campaigns that enroll and send, the most important first. Columns id, priority."""
    return fixed.run(session, _ACTIVE).all()


_ACTIVE = (
    select(Campaign.id, Campaign.priority)
    .where(Campaign.state == CampaignState.active)
    .order_by(Campaign.priority.desc(), Campaign.id)
)


def lock_shared(session: Session, ids: Iterable[int]) -> frozenset[int]:
    """Those of `ids` that are active, held against change until this transaction ends."""
    locked = fixed.run(session, _SHARED, ids=sorted(set(ids)))
    return frozenset(row.id for row in locked if row.state is CampaignState.active)


_SHARED = (
    select(Campaign.id, Campaign.state)
    .where(fixed.among(Campaign.id, "ids"))
    .order_by(Campaign.id)
    .with_for_update(read=True)
)

EQUAL_REFUSALS = 20  # in a row pause a campaign (DESIGN.md promise 3)


def count_refusal(session: Session, campaign_id: int, said: str, at: datetime) -> None:
    """One more mail of this campaign refused for good; the twentieth with the same words pauses it."""
    row = session.get_one(Campaign, campaign_id, with_for_update={"key_share": True}, populate_existing=True)
    row.refusal_streak = row.refusal_streak + 1 if row.refusal == said else 1
    row.refusal = said[:300]
    if row.refusal_streak >= EQUAL_REFUSALS and row.state is CampaignState.active:
        row.state, row.state_at = CampaignState.paused, at
        row.state_reason = f"the provider refused {row.refusal_streak} mails in a row: {said}"[:300]


def forget_refusals(session: Session, accepted: Sequence[str]) -> None:
    """Mails (by message id) were accepted: refusals of their campaigns are no longer in a row."""
    counting = list(fixed.run(session, _REFUSED).scalars())
    if not counting or not accepted:
        return
    of_these = text("SELECT campaign_id FROM messages WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
    mine = set(session.scalars(of_these, {"ids": list(accepted)})) & set(counting)
    session.execute(update(Campaign).where(Campaign.id.in_(sorted(mine))).values(refusal_streak=0))


_REFUSED = select(Campaign.id).where(Campaign.refusal_streak > 0)
