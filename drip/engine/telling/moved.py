"""WHAT MOVED a check-in that left later than planned. Pure: the ledger and the holds in, a reason out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.campaigns import calendar
from drip.models.customer import Hold
from drip.models.message import Message, MessageKind
from drip.models.reasons import Reason

ON_TIME = timedelta(minutes=5)  # what is this late has not been moved


@dataclass(frozen=True, slots=True)
class Past:
    """What may have kept a customer's check-ins back: every hold they ever had, and the local day on which each of
    their check-ins (by its id) left; `cap_days` is the house's frequency cap."""

    holds: Sequence[Hold] = ()
    left_on: tuple[tuple[str, date], ...] = ()
    cap_days: int = 1


def why(message: Message, past: Past, zone: ZoneInfo) -> Reason | None:
    """The last thing that stood in its way, if that is written down; None when it left about when it was planned."""
    if message.handed_at is None or message.kind is not MessageKind.check_in:
        return None
    if message.handed_at < message.planned_at + ON_TIME:
        return None
    held = _last_hold(message.planned_at, message.handed_at, past.holds)
    free_at = max(message.planned_at, _end(held) or message.planned_at) if held else message.planned_at
    if _is_capped(message, calendar.local_date(free_at, zone), past):
        return Reason.capped
    return held.reason if held else None


def _last_hold(planned_at: datetime, handed_at: datetime, holds: Sequence[Hold]) -> Hold | None:
    """Of the holds that were in force between the two instants, the one that ended last."""
    ended = [(end, row.id, row) for row in holds if (end := _end(row)) and planned_at < end <= handed_at > row.since]
    return max(ended)[2] if ended else None


def _end(row: Hold) -> datetime | None:
    return min((end for end in (row.released_at, row.until) if end is not None), default=None)


def _is_capped(message: Message, free_on: date, past: Past) -> bool:
    """Another one left in the days in which this one might have gone, or so shortly before that the cap forbade it."""
    if message.contact_day is None:
        return False
    since = free_on - timedelta(days=past.cap_days)
    return any(since < day < message.contact_day for which, day in past.left_on if which != message.id)
