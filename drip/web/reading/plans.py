"""Campaigns as marketing sees them: the year as a line, with who is where on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip.campaigns import definition, published
from drip.engine.telling import clauses
from drip.models.campaign import Campaign, CampaignVersion
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageState

YEAR = 365
MOST_LABELS = 16  # more names than this would run into each other
LEVELS = 4
TICKS = ((7, "a week"), (30, "a month"), (91, "3 months"), (182, "half a year"), (365, "a year"), (730, "2 years"))
NOT_SENT = frozenset({MessageState.skipped, MessageState.cancelled, MessageState.failed})
ON_ITS_WAY = frozenset({MessageState.queued, MessageState.claimed})


@dataclass(frozen=True, slots=True)
class Counts:
    """People at one step: before it, past it with a mail, past it without one."""

    waiting: int = 0
    sent: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Dot:
    """A step on the line; `x` is its place in percent."""

    step: definition.Step
    condition: str
    counts: Counts
    x: float
    level: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the line: a week, a month, a year."""

    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Line:
    """The whole year; `named` when there is room for the names."""

    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    named: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign and its newest version."""

    row: Campaign
    version: published.Version
    published_at: datetime
    walking: int


def plans(session: Session) -> list[Plan]:
    """All campaigns that have been published, by name."""
    rows = session.scalars(select(Campaign).order_by(Campaign.priority.desc(), Campaign.name)).all()
    return [found for row in rows if (found := _plan(session, row))]


def plan(session: Session, name: str) -> Plan | None:
    """One campaign by its name."""
    row = session.scalar(select(Campaign).where(Campaign.name == name))
    return _plan(session, row) if row else None


def versions(session: Session, campaign_id: int) -> Sequence[tuple[int, datetime, int]]:
    """(number, published_at, how many walk it), the newest first."""
    walking = (
        select(func.count())
        .where(Enrollment.version_id == CampaignVersion.id, Enrollment.state.in_(_WALKING))
        .scalar_subquery()
    )
    rows = select(CampaignVersion.number, CampaignVersion.published_at, walking)
    rows = rows.where(CampaignVersion.campaign_id == campaign_id).order_by(CampaignVersion.number.desc())
    return [(row[0], row[1], row[2]) for row in session.execute(rows.limit(50))]


def counts(session: Session, campaign_id: int) -> dict[str, Counts]:
    """Counts by step id, over all versions."""
    waiting = select(Enrollment.next_step, func.count()).where(
        Enrollment.campaign_id == campaign_id, Enrollment.state.in_(_WALKING)
    )
    here = {step: number for step, number in session.execute(waiting.group_by(Enrollment.next_step)) if step}
    decided = select(Message.step, Message.state, func.count()).where(Message.campaign_id == campaign_id)
    sent: dict[str, int] = {}
    skipped: dict[str, int] = {}
    for step, state, number in session.execute(decided.group_by(Message.step, Message.state)):
        if step and state not in ON_ITS_WAY:
            side = skipped if state in NOT_SENT else sent
            side[step] = side.get(step, 0) + number
    steps = {*here, *sent, *skipped}
    return {step: Counts(here.get(step, 0), sent.get(step, 0), skipped.get(step, 0)) for step in steps}


def line(campaign: definition.Campaign, counted: dict[str, Counts]) -> Line:
    """Pure: early days get more room than late ones (a square root), for that is where the steps crowd."""
    last = max(YEAR, *(step.day for step in campaign.steps))
    dots = tuple(
        Dot(step, clauses.said(step.when), counted.get(step.id, Counts()), _x(step.day, last), number % LEVELS)
        for number, step in enumerate(campaign.steps)
    )
    ticks = tuple(Tick(label, _x(day, last)) for day, label in TICKS if day <= last)
    return Line(dots, ticks, len(dots) <= MOST_LABELS)


_WALKING = (EnrollmentState.active, EnrollmentState.paused)


def _plan(session: Session, row: Campaign) -> Plan | None:
    newest = select(CampaignVersion.id, CampaignVersion.published_at).where(CampaignVersion.campaign_id == row.id)
    found = session.execute(newest.order_by(CampaignVersion.number.desc()).limit(1)).first()
    if found is None:
        return None
    walking = select(func.count()).where(Enrollment.campaign_id == row.id, Enrollment.state.in_(_WALKING))
    return Plan(row, published.version(session, found.id), found.published_at, session.scalar(walking) or 0)


def _x(day: int, last: int) -> float:
    return round(5 + 87 * math.sqrt(day / last), 2)
