"""A year in a moment."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from drip.campaigns import calendar, rehearse
from drip.campaigns.rehearse import Pace, Walk

ROME = ZoneInfo("Europe/Rome")
HOURS = calendar.Hours(time(9), time(17), frozenset(range(5)))
TUESDAY = datetime(2026, 9, 1, 9, tzinfo=ROME).astimezone(UTC)


def planned(days: int) -> datetime:
    return calendar.planned(TUESDAY, days, HOURS, ROME)


def rehearsed(*walks: Walk, cap_days: int = 1, now: datetime = TUESDAY) -> list[str]:
    pace = Pace(HOURS, cap_days, timedelta(days=7))
    return [f"{mail.campaign} {mail.step} {mail.on:%a %d}" for mail in rehearse.mails(walks, ROME, now, pace)]


def walk(name: str, priority: int, **days: int) -> Walk:
    return Walk(name, priority, tuple((step, planned(day)) for step, day in days.items()))


def test_every_step_leaves_on_its_day() -> None:
    assert rehearsed(walk("ride", 1, hello=0, week=7)) == ["ride hello Tue 01", "ride week Tue 08"]


def test_two_steps_that_a_weekend_puts_on_one_day_leave_on_two() -> None:
    assert rehearsed(walk("ride", 1, sat=4, sun=5)) == ["ride sat Mon 07", "ride sun Tue 08"]


def test_the_more_important_campaign_goes_first() -> None:
    assert rehearsed(walk("care", 1, fit=1), walk("ride", 9, hello=1)) == ["ride hello Wed 02", "care fit Thu 03"]


def test_what_waits_too_long_expires() -> None:
    many = walk("ride", 9, **{f"s{n}": 0 for n in range(8)})
    assert rehearsed(many, cap_days=2) == ["ride s0 Tue 01", "ride s1 Thu 03", "ride s2 Mon 07"]


def test_nothing_leaves_outside_the_hours() -> None:
    assert rehearsed(walk("ride", 1, hello=0), now=TUESDAY + timedelta(hours=9)) == ["ride hello Wed 02"]


def test_nobody_who_walks_nothing_gets_mail() -> None:
    assert rehearsed() == []
    assert rehearsed(Walk("ride", 1, ())) == []
