"""TERMS: one campaign as it stands now, when a purchase starts to walk it, and the row that says so."""

from collections.abc import Iterable
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

COLUMNS = ("campaign_id", "version_id", "purchase_id", "customer_id", "anchor_at", "exclusive", "version", "shift_days",
           "enrolled_at", "state", "reason", "first_step", "next_step", "planned_at", "next_due_at",
           "ended_at")  # fmt: skip
Row = tuple[object, ...]


class Begun(NamedTuple):
    """The start of a row: a purchase, its customer, and what the days of the campaign count from."""

    campaign_id: int
    version_id: int
    purchase_id: int
    customer_id: int
    anchor_at: datetime


class Enrolled(NamedTuple):
    """A purchase and what it is in this campaign: active, completed at once, or superseded by a newer one."""

    purchase_id: int
    campaign: str
    state: EnrollmentState
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Terms:
    """One campaign as it stands now, and the first steps that were planned by them."""

    version: published.Version
    rules: published.Rules
    now: datetime
    _firsts: dict[tuple[date, ZoneInfo], plan.Planned | None] = field(default_factory=dict)

    def begun(self, purchase_id: int, customer_id: int, purchased_at: datetime, delivered_at: datetime | None) -> Begun:
        """A purchase that this campaign is for."""
        counted_from = anchor(self.version.campaign, purchased_at, delivered_at)
        return Begun(self.version.campaign_id, self.version.id, purchase_id, customer_id, counted_from)

    def first(self, begun: Begun, zone: ZoneInfo) -> plan.Planned | None:
        """The first step not before today. Remembered, because many purchases of an import share their day."""
        day = (calendar.local_date(begun.anchor_at, zone), zone)
        if day not in self._firsts:
            frame = plan.Frame(self.version.campaign, begun.anchor_at, zone, self.rules.hours)
            self._firsts[day] = plan.first(frame, self.now)
        return self._firsts[day]

    def walking(self, begun: Begun, first: plan.Planned | None) -> Row:
        """An enrollment that goes from this step on, or is completed at once where none is left."""
        if first is None:
            return self._row(begun, EnrollmentState.completed, Reason.before_first_step, None)
        return self._row(begun, EnrollmentState.active, None, first)

    def superseded(self, begun: Begun) -> Row:
        """An enrollment that never walks, because the customer has a newer purchase."""
        return self._row(begun, EnrollmentState.exited, Reason.superseded, None)

    def write(self, session: Session, rows: list[Row]) -> Iterable[Enrolled]:
        """Under the customers' locks nobody else enrolls them; should one be enrolled already, UNIQUE keeps it so."""
        bulk.insert_new(session, bulk.Rows(Enrollment, COLUMNS, rows))
        name = self.version.campaign.name
        return [Enrolled(row[_PURCHASE], name, row[_STATE], row[_STATE + 1]) for row in rows]  # type: ignore[arg-type]

    def _row(self, begun: Begun, state: EnrollmentState, reason: Reason | None, first: plan.Planned | None) -> Row:
        step, at = (first.step, first.at) if first else (None, None)
        exclusive = self.version.campaign.repeat_purchase != "both"
        start = (*begun, exclusive, 1, 0, self.now)
        return (*start, state, reason, step, step, at, at, None if first else self.now)


def anchor(plan_of: definition.Campaign, purchased_at: datetime, delivered_at: datetime | None) -> datetime:
    """What the days of a campaign count from: the handover if it says so and we know it, else the sale."""
    return delivered_at if plan_of.anchor == "delivered_at" and delivered_at else purchased_at


_PURCHASE, _STATE = COLUMNS.index("purchase_id"), COLUMNS.index("state")
