"""Which step comes next: anchored to the purchase, never before today, never chained."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.campaigns import calendar, definition
from drip.engine.sending import plan
from tests import world

HOURS = calendar.Hours(time(9), time(17), frozenset(range(5)), frozenset({date(2026, 12, 25)}))
DAYS = (1, 5, 30, 365)
RIDE = definition.Campaign(
    name="ride",
    title="Ride",
    steps=tuple(definition.Step(id=f"d{day}", day=day, template="hello") for day in DAYS),
)
MONDAY = world.START - timedelta(days=1)
FRAME = plan.Frame(RIDE, MONDAY, world.NEW_YORK, HOURS)


def wall(planned: plan.Planned | None) -> tuple[str, str] | None:
    return planned and (planned.step, f"{planned.at.astimezone(world.NEW_YORK):%Y-%m-%d %H:%M}")


def test_a_year_is_every_step_at_its_day_after_the_anchor() -> None:
    assert [wall(planned) for planned in plan.year(FRAME)] == [
        ("d1", "2026-09-01 09:00"),
        ("d5", "2026-09-07 09:00"),  # the 5th is a Saturday
        ("d30", "2026-09-30 09:00"),
        ("d365", "2027-08-31 09:00"),
    ]


def test_a_step_hangs_on_the_anchor_and_on_no_other_step() -> None:
    shorter = RIDE.model_copy(update={"steps": RIDE.steps[1:2]})
    assert plan.of(replace(FRAME, campaign=shorter), "d5") == plan.of(FRAME, "d5")


@pytest.mark.parametrize(
    ("bought_ago", "first"), [(1, "d1"), (2, "d5"), (5, "d5"), (6, "d30"), (366, None), (5000, None)]
)
def test_the_first_step_is_the_first_whose_day_has_not_gone_by(bought_ago: int, first: str | None) -> None:
    found = plan.first(replace(FRAME, anchor_at=world.START - timedelta(days=bought_ago)), world.START)
    assert (found and found.step) == first


def test_a_step_of_today_counts_also_late_in_the_day() -> None:
    evening = datetime(2026, 9, 1, 23, 59, tzinfo=world.NEW_YORK)
    assert wall(plan.first(FRAME, evening)) == ("d1", "2026-09-01 09:00")
    assert wall(plan.first(FRAME, evening + timedelta(minutes=1))) == ("d5", "2026-09-07 09:00")


def test_today_is_the_customers_day() -> None:
    tokyo = replace(FRAME, zone=calendar.zone_of("Asia/Tokyo"))
    late = datetime(2026, 9, 1, 11, tzinfo=world.NEW_YORK)  # the 2nd has begun in Tokyo
    found = (plan.first(FRAME, late), plan.first(tokyo, late))
    assert [planned and planned.step for planned in found] == ["d1", "d5"]


def test_after_each_step_comes_the_next_and_after_the_last_none() -> None:
    walked = [planned and planned.step for planned in (plan.following(FRAME, f"d{day}") for day in DAYS)]
    assert walked == ["d5", "d30", "d365", None]


def test_the_following_step_is_planned_also_when_its_day_has_gone_by() -> None:
    old = replace(FRAME, anchor_at=MONDAY - timedelta(days=100))
    assert plan.following(old, "d1") == plan.of(old, "d5")


def test_a_step_that_the_version_does_not_have_is_nowhere() -> None:
    assert plan.of(FRAME, "gone") is None
    assert plan.following(FRAME, "gone") is None
    assert plan.not_before_today(FRAME, "gone", world.START) is None


@given(st.integers(-400, 400), st.integers(0, 23))
def test_nothing_is_ever_planned_for_a_day_gone_by_or_outside_the_window(days: int, hour: int) -> None:
    now = world.START + timedelta(days=days, hours=hour)
    found = plan.first(FRAME, now)
    if found is None:
        assert calendar.local_date(now, world.NEW_YORK) > date(2027, 8, 31)
    else:
        assert calendar.local_date(found.at, world.NEW_YORK) >= calendar.local_date(now, world.NEW_YORK)
        assert calendar.is_open(found.at, HOURS, world.NEW_YORK)


@given(st.integers(0, 3000))
def test_planning_is_the_same_whenever_it_is_done(minutes: int) -> None:
    """The instant of a step hangs on the anchor, not on the moment at which somebody asks."""
    now = MONDAY + timedelta(minutes=minutes)
    found = plan.first(FRAME, now)
    assert found in plan.year(FRAME)
