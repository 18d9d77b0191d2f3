"""PLAN: which step comes next, and when. Steps are anchored to the purchase, never chained."""

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from drip.campaigns import calendar, definition


@dataclass(frozen=True, slots=True)
class Frame:
    """What the dates of one enrollment hang on: its campaign's steps, its anchor, the customer's zone, our hours."""

    campaign: definition.Campaign
    anchor_at: datetime
    zone: ZoneInfo
    hours: calendar.Hours


@dataclass(frozen=True, slots=True)
class Planned:
    """A step and the instant (UTC, business time) that the calendar gives it."""

    step: str
    at: datetime


First = Callable[[date, date, ZoneInfo], Planned | None]


def first(frame: Frame, now: datetime) -> Planned | None:
    """The first step not before today's local date: days gone by are never made up for (promise 7)."""
    anchor_on, today = calendar.local_date(frame.anchor_at, frame.zone), calendar.local_date(now, frame.zone)
    return firsts(frame.campaign.days, frame.hours)(anchor_on, today, frame.zone)


@functools.lru_cache(maxsize=64)
def firsts(days: tuple[tuple[str, int], ...], hours: calendar.Hours) -> First:
    """The same for many purchases: by the local date of the anchor, today's, and the zone of both. Remembered, because
    most purchases of an import share their dates with others."""

    @functools.lru_cache(maxsize=16_384)
    def found(anchor_on: date, today: date, zone: ZoneInfo) -> Planned | None:
        return next(_ahead(days, hours, anchor_on, today, zone), None)

    return found


Ahead = Callable[[date, date, ZoneInfo], tuple[Planned, ...]]


@functools.lru_cache(maxsize=64)
def ahead(days: tuple[tuple[str, int], ...], hours: calendar.Hours) -> Ahead:
    """What finds all steps of a purchase that are not before today, by the same three."""

    @functools.lru_cache(maxsize=4_096)
    def found(anchor_on: date, today: date, zone: ZoneInfo) -> tuple[Planned, ...]:
        return tuple(_ahead(days, hours, anchor_on, today, zone))

    return found


def _ahead(
    days: tuple[tuple[str, int], ...], hours: calendar.Hours, anchor_on: date, today: date, zone: ZoneInfo
) -> Iterator[Planned]:
    year = (Planned(step, calendar.planned_from(anchor_on, day, hours, zone)) for step, day in days)
    return (planned for planned in year if calendar.local_date(planned.at, zone) >= today)


def not_before_today(frame: Frame, step: str, now: datetime) -> Planned | None:
    """From `step` on, the first one whose day has not gone by; None when all have."""
    today = calendar.local_date(now, frame.zone)
    days = (planned for planned in _from(frame, step))
    return next((planned for planned in days if calendar.local_date(planned.at, frame.zone) >= today), None)


def following(frame: Frame, step: str) -> Planned | None:
    """The step after `step`, whatever the day; None after the last."""
    later = itertools.dropwhile(lambda candidate: candidate.id != step, frame.campaign.steps)
    next(later, None)
    onward = next(later, None)
    return None if onward is None else _planned(frame, onward)


def of(frame: Frame, step: str) -> Planned | None:
    """The instant of `step` itself; None when the version has no such step."""
    return next(_from(frame, step), None)


def year(frame: Frame) -> list[Planned]:
    """Every step with its instant, in order."""
    return list(_from(frame, frame.campaign.steps[0].id))


def _from(frame: Frame, step: str) -> Iterator[Planned]:
    reached = False
    for candidate in frame.campaign.steps:
        reached = reached or candidate.id == step
        if reached:
            yield _planned(frame, candidate)


def _planned(frame: Frame, step: definition.Step) -> Planned:
    return Planned(step.id, calendar.planned(frame.anchor_at, step.day, frame.hours, frame.zone))
