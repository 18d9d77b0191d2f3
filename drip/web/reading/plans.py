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
from drip.models.enrollment import WALKING, Enrollment
from drip.web.reading import standings

YEAR = 365
MOST_LABELS = 16  # more names than this would run into each other
LEVELS = 4
TICKS = ((7, "a week"), (30, "a month"), (91, "3 months"), (182, "half a year"), (365, "a year"), (730, "2 years"))

Placed = dict[tuple[str, int], tuple[definition.Step, list[standings.Standing]]]


@dataclass(frozen=True, slots=True)
class Dot:
    """A step on the line; `x` is its place in percent. `only_in`: the versions (the newest first) that have it on this
    day, when the newest published one has not."""

    step: definition.Step
    condition: str
    counts: standings.Counts
    x: float
    level: int
    only_in: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the line: a week, a month, a year."""

    label: str
    x: float


@dataclass(frozen=True, slots=True)
class Line:
    """The whole year by day; `named` when there is room for the names."""

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
        .where(Enrollment.version_id == CampaignVersion.id, Enrollment.state.in_(WALKING))
        .scalar_subquery()
    )
    rows = select(CampaignVersion.number, CampaignVersion.published_at, walking)
    rows = rows.where(CampaignVersion.campaign_id == campaign_id).order_by(CampaignVersion.number.desc())
    return [(row[0], row[1], row[2]) for row in session.execute(rows.limit(50))]


def line(stands: Sequence[standings.Standing]) -> Line:
    """Pure: early days get more room than late ones (a square root), for that is where the steps crowd. A step of an
    older version is another one when its day is; those of versions that have no people any more show what they sent."""
    newest = stands[0].version.campaign
    placed = _placed(stands)
    last = max(YEAR, *(step.day for step, _ in placed.values()))
    levels = {step.id: number % LEVELS for number, step in enumerate(newest.steps)}
    dots = tuple(
        Dot(
            step,
            clauses.said(step.when),
            sum((stand.counts[step.id] for stand in found), standings.Counts()),
            _x(step.day, last),
            levels.get(step.id, 0),
            () if found[0] is stands[0] else tuple(stand.version.number for stand in found),
        )
        for step, found in sorted(placed.values(), key=lambda each: each[0].day)
    )
    ticks = tuple(Tick(label, _x(day, last)) for day, label in TICKS if day <= last)
    return Line(dots, ticks, len(newest.steps) <= MOST_LABELS)


def _placed(stands: Sequence[standings.Standing]) -> Placed:
    """By id and day: each step that somebody gets, will get or has got, with the versions that have it."""
    placed: Placed = {}
    for stand in stands:
        for step in stand.version.campaign.steps:
            if stand is stands[0] or stand.walking or stand.counts[step.id].sent:
                placed.setdefault((step.id, step.day), (step, []))[1].append(stand)
    return placed


def _plan(session: Session, row: Campaign) -> Plan | None:
    newest = select(CampaignVersion.id, CampaignVersion.published_at).where(CampaignVersion.campaign_id == row.id)
    found = session.execute(newest.order_by(CampaignVersion.number.desc()).limit(1)).first()
    if found is None:
        return None
    walking = select(func.count()).where(Enrollment.campaign_id == row.id, Enrollment.state.in_(WALKING))
    return Plan(row, published.version(session, found.id), found.published_at, session.scalar(walking) or 0)


def _x(day: int, last: int) -> float:
    return round(5 + 87 * math.sqrt(day / last), 2)
