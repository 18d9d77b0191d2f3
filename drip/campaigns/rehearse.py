"""A year in a moment: on which days one customer's check-ins would leave, by the rules of the gate. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.campaigns import calendar

Step = tuple[str, datetime]  # its id and the instant that the calendar gives it


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one customer may be written to: when, how many local days apart, and until when it is too late."""

    hours: calendar.Hours
    cap_days: int
    expires_after: timedelta


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps that one purchase still has before it in one campaign; the higher priority goes first."""

    campaign: str
    priority: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A check-in that would leave, on a day of the customer's calendar."""

    campaign: str
    step: str
    on: date


def mails(walks: Sequence[Walk], zone: ZoneInfo, now: datetime, pace: Pace) -> Iterator[Mail]:
    """What one customer would get from `now` on, in order: never two within `cap_days`, never outside the hours.

    Of two walks that want the same day the more important one goes, and the other waits until it expires.
    """
    ahead = [(walk, list(walk.steps)) for walk in walks]
    at = now
    while waiting := [(walk, steps) for walk, steps in ahead if steps]:
        at = calendar.next_open(max(at, min(steps[0][1] for _, steps in waiting)), pace.hours, zone)
        due = [(walk, steps) for walk, steps in waiting if steps[0][1] <= at]
        walk, steps = min(due, key=lambda each: (-each[0].priority, each[1][0][1], each[0].campaign))
        step, planned_at = steps.pop(0)
        if at < planned_at + pace.expires_after:
            yield Mail(walk.campaign, step, calendar.local_date(at, zone))
            at = calendar.next_day(at, pace.hours, zone, pace.cap_days)
