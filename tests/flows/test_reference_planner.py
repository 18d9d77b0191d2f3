"""The oracle against cases worked out by hand with a paper calendar."""

import pytest

from tests.flows.paper_calendar import MONDAY, bought, campaign, house, mails


def test_a_step_counts_days_from_the_date_of_the_purchase() -> None:
    # Monday 31 August + 3 = Thursday 3 September
    assert mails(house({"car": campaign(3)}), bought("2026-08-31T12:00:00-04:00")) == "car d3 Thu 3 Sep"


def test_a_step_on_a_weekend_moves_to_monday_and_leaves_later_steps_where_they_are() -> None:
    # Friday 28 August + 8 = Saturday 5, so Monday 7; + 13 = Thursday 10 all the same
    assert mails(house({"car": campaign(8, 13)}), bought("2026-08-28")) == "car d8 Mon 7 Sep, car d13 Thu 10 Sep"


def test_a_step_moves_past_a_holiday_too() -> None:
    # Saturday 5, Sunday 6, Labor Day Monday 7, so Tuesday 8
    plan = house({"car": campaign(8)}, holidays=["2026-09-07"])
    assert mails(plan, bought("2026-08-28")) == "car d8 Tue 8 Sep"


@pytest.mark.parametrize(
    ("purchased_at", "zone", "arrives"),
    [
        # 5:30 ahead: 18:20 + 5:30 = 23:50 on Sunday 30 August; Sunday + 3 = Wednesday
        ("2026-08-30T18:20:00Z", "Asia/Kolkata", "car d3 Wed 2 Sep"),
        # twenty minutes later it is 00:10 on Monday 31; Monday + 3 = Thursday
        ("2026-08-30T18:40:00Z", "Asia/Kolkata", "car d3 Thu 3 Sep"),
        # 5:45 ahead: 18:20 + 5:45 = 00:05 on Monday already
        ("2026-08-30T18:20:00Z", "Asia/Kathmandu", "car d3 Thu 3 Sep"),
        # 2:30 behind in summer: 02:20 - 2:30 = 23:50 on Sunday
        ("2026-08-31T02:20:00Z", "America/St_Johns", "car d3 Wed 2 Sep"),
    ],
)
def test_the_local_date_is_right_in_zones_off_the_full_hour(purchased_at: str, zone: str, arrives: str) -> None:
    assert mails(house({"car": campaign(3)}), bought(purchased_at, timezone=zone)) == arrives


@pytest.mark.parametrize(
    ("anchor", "delivered_at", "arrives"),
    [
        ("delivered_at", "2026-09-02T10:00:00-04:00", "car d1 Thu 3 Sep"),  # handed over on We 2, + 1
        ("delivered_at", "", "car d1 Tue 1 Sep"),  # not handed over: sold on Mo 31, + 1
        ("purchased_at", "2026-09-02T10:00:00-04:00", "car d1 Tue 1 Sep"),
    ],
)
def test_the_handover_counts_if_the_campaign_says_so_and_it_is_known(
    anchor: str, delivered_at: str, arrives: str
) -> None:
    assert mails(house({"car": campaign(1, anchor=anchor)}), bought(MONDAY, delivered_at=delivered_at)) == arrives


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_date_without_time_is_that_date_where_the_customer_lives(zone: str) -> None:
    # Monday 31 August + 3 = Thursday 3, east and west
    assert mails(house({"car": campaign(3)}), bought(MONDAY, timezone=zone)) == "car d3 Thu 3 Sep"


def test_a_date_without_time_can_be_read_in_another_zone() -> None:
    # midnight UTC of Monday 31 is 17:00 on Sunday 30 in Los Angeles; Sunday + 3 = Wednesday 2
    row = bought(MONDAY, timezone="America/Los_Angeles")
    assert mails(house({"car": campaign(3)}), row, dates_in="UTC") == "car d3 Wed 2 Sep"


# The start


def test_steps_before_the_day_of_the_import_are_never_sent() -> None:
    # from Monday 24 August: 3 is Thursday 27 (gone), 8 is Tuesday 1 (today), 9 is Wednesday 2
    assert mails(house({"car": campaign(3, 8, 9)}), bought("2026-08-24")) == "car d8 Tue 1 Sep, car d9 Wed 2 Sep"


def test_a_weekend_step_that_moved_to_the_day_of_the_import_is_sent() -> None:
    # Friday 28 + 1 = Saturday 29, moved to Monday 31 August, which is the day of the import
    plan = house({"car": campaign(1)})
    assert mails(plan, bought("2026-08-28"), start="2026-08-31T09:00:00-04:00") == "car d1 Mon 31 Aug"


@pytest.mark.parametrize(
    ("zone", "arrives"),
    [  # the import is on Tuesday at 13:00 UTC
        ("America/Los_Angeles", "car d1 Tue 1 Sep"),  # 06:00 there: waits for 09:00
        ("America/New_York", "car d1 Tue 1 Sep"),  # 09:00, just opened: at once
        ("Europe/London", "car d1 Tue 1 Sep"),  # 14:00, in mid window: at once
        ("Asia/Dubai", "car d1 Wed 2 Sep"),  # 17:00, just closed: tomorrow
        ("Asia/Kolkata", "car d1 Wed 2 Sep"),  # 18:30: tomorrow
        ("Pacific/Auckland", ""),  # 01:00 on Wednesday: Tuesday's step is of a day gone by
    ],
)
def test_a_step_of_today_goes_at_once_or_at_the_next_opening(zone: str, arrives: str) -> None:
    assert mails(house({"car": campaign(1)}), bought(MONDAY, timezone=zone)) == arrives


def test_after_the_window_on_a_friday_the_next_opening_is_on_monday() -> None:
    # Thursday 3 + 1 = Friday 4, but the import is at 17:01; Saturday and Sunday are closed
    plan = house({"car": campaign(1)})
    assert mails(plan, bought("2026-09-03"), start="2026-09-04T17:01:00-04:00") == "car d1 Mon 7 Sep"


# The end, and the weeks in which the clocks change


def test_a_mail_at_the_last_instant_of_the_story_counts() -> None:
    # Tuesday 09:00 + 2 x 24 h = Thursday 09:00, when Thursday's mail leaves; Friday's is beyond
    assert mails(house({"car": campaign(3, 4)}), bought(MONDAY), days=2) == "car d3 Thu 3 Sep"


@pytest.mark.parametrize(
    ("start", "step", "arrives"),
    [
        # Berlin has an hour twice on Sunday 25 October 2026: Friday 09:59 + 72 h = Monday 08:59, not open yet
        ("2026-10-23T09:59:00+02:00", 3, ""),
        # Friday 10:00 + 72 h = Monday 09:00; Friday 23 + 3 = Monday 26
        ("2026-10-23T10:00:00+02:00", 3, "car d3 Mon 26 Oct"),
        # and lacks one on Sunday 28 March 2027: Friday 07:59 + 72 h = Monday 08:59, 08:00 + 72 h = 09:00
        # 23 October + 157: 8 days of October, 30 + 31 + 31 + 28 to the end of February, 29 of March
        ("2027-03-26T07:59:00+01:00", 157, ""),
        ("2027-03-26T08:00:00+01:00", 157, "car d157 Mon 29 Mar"),
    ],
)
def test_the_window_opens_by_the_wall_clock_when_clocks_change(start: str, step: int, arrives: str) -> None:
    row = bought("2026-10-23", timezone="Europe/Berlin")
    assert mails(house({"car": campaign(step)}), row, start=start, days=3) == arrives


@pytest.mark.parametrize("purchased_at", ["2026-10-24T22:30:00Z", "2026-10-25T22:30:00Z"])
def test_both_ends_of_a_day_of_25_hours_belong_to_it(purchased_at: str) -> None:
    # Saturday 22:30 + 2 h (summer) = Sunday 25, 00:30; Sunday 22:30 + 1 h (winter) = Sunday 25, 23:30
    # Sunday + 3 = Wednesday 28
    row = bought(purchased_at, timezone="Europe/Berlin")
    assert mails(house({"car": campaign(3)}), row, start="2026-10-26T09:00:00+01:00") == "car d3 Wed 28 Oct"
