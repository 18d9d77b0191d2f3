"""The last look as a table: what speaks against a check-in, in which order, and what becomes of it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.campaigns import calendar
from drip.engine.sending import verdict
from drip.engine.sending.verdict import Cancel, PutOff, Skip
from drip.models.enrollment import EnrollmentState
from drip.models.purchase import PurchaseStatus
from drip.models.reasons import Reason
from tests import world

NOW = world.START  # a Tuesday, 09:00 in New York
HOURS = calendar.Hours(time(9), time(17), frozenset(range(5)), frozenset({date(2026, 9, 3)}))
AROUND = verdict.Surroundings(
    now=NOW, may_leave=True, why_not="", hours=HOURS, cap_days=1, expires_after=timedelta(days=7)
)
FREE = verdict.Sight(
    due_at=NOW,
    planned_at=NOW,
    zone=world.NEW_YORK,
    erased=False,
    enrollment_state=EnrollmentState.active,
    enrollment_reason=None,
    purchase_status=PurchaseStatus.paid,
    suppressed=None,
    campaign_runs=True,
    changed=False,
    held=None,
    held_until=None,
    held_seconds=0.0,
    objection=None,
    listed=True,
    contacted=None,
    provider=None,
)
FRIDAY = NOW + timedelta(days=3)
TOMORROW = NOW + timedelta(days=1)


def at(day: int, hour: int) -> verdict.Surroundings:
    return replace(AROUND, now=datetime(2026, 9, day, hour, tzinfo=world.NEW_YORK))


# Everything that can speak against a check-in, the weightiest first: each row is decided before all those below it.
ORDER: list[tuple[str, dict[str, object], dict[str, object], verdict.Verdict]] = [
    ("erased", {"erased": True}, {}, Cancel(Reason.erased)),
    ("suppressed", {"suppressed": Reason.unsubscribed}, {}, Cancel(Reason.unsubscribed)),
    ("refunded", {"purchase_status": PurchaseStatus.refunded}, {}, Cancel(Reason.refunded)),
    ("exited", {"enrollment_state": EnrollmentState.exited, "enrollment_reason": Reason.superseded}, {},
     Cancel(Reason.superseded)),
    ("kill switch", {}, {"may_leave": False, "why_not": "fire"}, PutOff(Reason.system_paused, NOW, "fire")),
    ("campaign paused", {"campaign_runs": False}, {}, PutOff(Reason.campaign_paused, NOW)),
    ("held", {"held": Reason.replied, "held_until": FRIDAY}, {}, PutOff(Reason.replied, FRIDAY)),
    ("changed", {"changed": True}, {}, PutOff(Reason.changed, NOW)),
    ("expired", {"planned_at": NOW - timedelta(days=7)}, {}, Skip(Reason.expired)),
    ("objection", {"objection": Skip(Reason.condition_false)}, {}, Skip(Reason.condition_false)),
    ("not listed", {"listed": False}, {}, Skip(Reason.not_listed)),
    ("outside the window", {}, {"hours": replace(HOURS, opens=time(10))},
     PutOff(Reason.outside_window, NOW + timedelta(hours=1))),
    ("capped", {"contacted": NOW.date()}, {}, PutOff(Reason.capped, TOMORROW)),
    ("provider", {"provider": Reason.provider_busy}, {}, PutOff(Reason.provider_busy, NOW + verdict.SOON)),
]  # fmt: skip


@pytest.mark.parametrize(("sight", "around", "expected"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_each_objection_alone_decides(
    sight: dict[str, object], around: dict[str, object], expected: verdict.Verdict
) -> None:
    assert verdict.judge(replace(FREE, **sight), replace(AROUND, **around)) == expected


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[row[0] for row in ORDER])
def test_the_weightier_objection_decides_over_all_lighter_ones(first: int) -> None:
    sight, around = FREE, AROUND
    for _, seen, about, _ in reversed(ORDER[first:]):
        sight, around = replace(sight, **seen), replace(around, **about)
    found = verdict.judge(sight, around)
    assert (type(found), found.reason) == (type(ORDER[first][3]), ORDER[first][3].reason)  # type: ignore[union-attr]


def test_with_nothing_against_it_a_check_in_leaves_and_counts_on_the_local_day() -> None:
    assert verdict.judge(FREE, AROUND) == verdict.Pass(date(2026, 9, 1))


@pytest.mark.parametrize(
    ("sight", "expected"),
    [
        ({"purchase_status": PurchaseStatus.cancelled}, Cancel(Reason.cancelled_purchase)),
        ({"enrollment_state": EnrollmentState.completed}, Cancel(Reason.manual)),
        ({"enrollment_state": EnrollmentState.paused}, PutOff(Reason.manual, NOW)),
        ({"enrollment_state": EnrollmentState.paused, "enrollment_reason": Reason.not_now},
         PutOff(Reason.not_now, NOW)),
        ({"held": Reason.handoff_open}, PutOff(Reason.handoff_open, NOW)),
        ({"objection": Skip(Reason.missing_data, "promise.text")}, Skip(Reason.missing_data, "promise.text")),
    ],
)  # fmt: skip
def test_variants_of_a_stop(sight: dict[str, object], expected: verdict.Verdict) -> None:
    assert verdict.judge(replace(FREE, **sight), AROUND) == expected


@pytest.mark.parametrize(
    ("day", "hour", "opens"),
    [
        (1, 8, (1, 9)),  # before the window: the same day
        (1, 17, (2, 9)),  # the end of the window is too late
        (2, 18, (4, 9)),  # the 3rd is a holiday
        (4, 17, (7, 9)),  # Friday evening: Monday
        (5, 12, (7, 9)),  # Saturday noon: Monday
    ],
)
def test_outside_the_window_it_waits_for_the_next_opening(day: int, hour: int, opens: tuple[int, int]) -> None:
    until = at(*opens).now
    assert verdict.judge(FREE, at(day, hour)) == PutOff(Reason.outside_window, until)


def test_a_second_check_in_of_the_day_waits_for_the_next_allowed_day() -> None:
    today = at(2, 9).now.date()
    assert verdict.judge(replace(FREE, contacted=today), at(2, 9)) == PutOff(Reason.capped, at(4, 9).now)


@pytest.mark.parametrize(("cap_days", "day"), [(4, 8), (5, 9), (7, 11)])
def test_with_a_slower_cap_it_waits_from_the_last_check_in_and_not_from_today(cap_days: int, day: int) -> None:
    """The last one left on Friday the 4th; it is Monday the 7th."""
    sight = replace(FREE, planned_at=at(7, 9).now, contacted=date(2026, 9, 4))
    found = verdict.judge(sight, replace(at(7, 9), cap_days=cap_days))
    assert found == PutOff(Reason.capped, at(day, 9).now)


def test_time_on_hold_does_not_count_towards_expiry() -> None:
    old = replace(FREE, planned_at=NOW - timedelta(days=8))
    assert verdict.judge(old, AROUND) == Skip(Reason.expired)
    assert isinstance(verdict.judge(replace(old, held_seconds=timedelta(days=2).total_seconds()), AROUND), verdict.Pass)


def test_a_step_expires_at_its_last_instant_and_not_before() -> None:
    almost = replace(FREE, planned_at=NOW - timedelta(days=7) + timedelta(microseconds=1))
    assert isinstance(verdict.judge(almost, AROUND), verdict.Pass)
    assert verdict.judge(replace(FREE, planned_at=NOW - timedelta(days=7)), AROUND) == Skip(Reason.expired)


@given(st.integers(0, 365 * 24 * 60), st.booleans())
def test_nothing_passes_outside_the_window_and_every_delay_ends_inside_it(minutes: int, contacted: bool) -> None:
    now = NOW + timedelta(minutes=minutes)
    sight = replace(FREE, planned_at=now, due_at=now, contacted=now.date() if contacted else None)
    found = verdict.judge(sight, replace(AROUND, now=now))
    if isinstance(found, verdict.Pass):
        assert calendar.is_open(now, HOURS, world.NEW_YORK)
        assert not contacted
    else:
        assert isinstance(found, PutOff)
        assert found.until > now
        assert calendar.is_open(found.until, HOURS, world.NEW_YORK)
