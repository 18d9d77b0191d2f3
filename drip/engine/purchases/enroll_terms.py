"""TERMS: one campaign as it stands now, when a purchase starts to walk it, and the row that says so."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from drip.campaigns import calendar, definition, published
from drip.engine.sending import plan
from drip.models import bulk
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.reasons import Reason

_OWN = ("purchase_id", "customer_id", "anchor_at", "state", "reason", "first_step", "next_step", "planned_at",
        "next_due_at", "ended_at")  # fmt: skip
Row = tuple[object, ...]
Whose = tuple[int, int, datetime]  # purchase, customer, and what the days count from


class Enrolled(NamedTuple):
    """A purchase and what it is in this campaign: active, completed at once, or superseded by a newer one."""

    purchase_id: int
    campaign: str
    state: EnrollmentState
    reason: Reason | None


@dataclass(frozen=True)
class Terms:
    """One campaign as it stands now, and today's date in each zone that was asked for."""

    version: published.Version
    rules: published.Rules
    now: datetime
    _todays: dict[ZoneInfo, date] = field(default_factory=dict)

    def anchor(self, purchased_at: datetime, delivered_at: datetime | None) -> datetime:
        """What the days of this campaign count from."""
        return anchor(self.version.campaign, purchased_at, delivered_at)

    def first(self, anchor_at: datetime, zone: ZoneInfo) -> plan.Planned | None:
        """The first step not before today."""
        today = self._todays.get(zone) or self._todays.setdefault(zone, calendar.local_date(self.now, zone))
        return self._firsts(calendar.local_date(anchor_at, zone), today, zone)

    def walking(self, whose: Whose, first: plan.Planned | None) -> Row:
        """An enrollment that goes from this step on, or is completed at once where none is left."""
        if first is None:
            return self._row(whose, EnrollmentState.completed, Reason.before_first_step, None)
        return self._row(whose, EnrollmentState.active, None, first)

    def superseded(self, whose: Whose) -> Row:
        """An enrollment that never walks, because the customer has a newer purchase."""
        return self._row(whose, EnrollmentState.exited, Reason.superseded, None)

    def write(self, session: Session, rows: list[Row]) -> Iterable[Enrolled]:
        """Under the customers' locks nobody else enrolls them; should one be enrolled already, UNIQUE keeps it so."""
        bulk.insert_new(session, bulk.listed(Enrollment, _OWN, rows, self._same))
        name = self.version.campaign.name
        return [Enrolled(row[_PURCHASE], name, row[_STATE], row[_STATE + 1]) for row in rows]  # type: ignore[arg-type]

    def _row(self, whose: Whose, state: EnrollmentState, reason: Reason | None, first: plan.Planned | None) -> Row:
        step, at, over = (first.step, first.at, None) if first else (None, None, self.now)
        return (*whose, state, reason, step, step, at, at, over)

    @functools.cached_property
    def _firsts(self) -> plan.First:
        return plan.firsts(self.version.campaign.days, self.rules.hours)

    @property
    def _same(self) -> Mapping[str, object]:
        """What all its enrollments have in common."""
        ids = {"campaign_id": self.version.campaign_id, "version_id": self.version.id}
        exclusive = self.version.campaign.repeat_purchase != "both"
        return {**ids, "exclusive": exclusive, "version": 1, "shift_days": 0, "enrolled_at": self.now}


def anchor(plan_of: definition.Campaign, purchased_at: datetime, delivered_at: datetime | None) -> datetime:
    """What the days of a campaign count from: the handover if it says so and we know it, else the sale."""
    return delivered_at if plan_of.anchor == "delivered_at" and delivered_at else purchased_at


_PURCHASE, _STATE = _OWN.index("purchase_id"), _OWN.index("state")
