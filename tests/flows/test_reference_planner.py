"""The oracle against cases worked out by hand with a paper calendar."""

from datetime import datetime
from typing import Any

import pytest

from tests.flows import reference_planner

# The paper calendar:   Mo Tu We Th Fr Sa Su
#   August 2026         24 25 26 27 28 29 30
#   September 2026      31  1  2  3  4  5  6   (31 is still August)
#                        7  8  9 10 11 12 13   (7 is Labor Day, a holiday where a test says so)
#                       14 15 16 17 18 19 20
TUESDAY_NINE = "2026-09-01T09:00:00-04:00"  # New York; 13:00 UTC
MONDAY = "2026-08-31"  # the day before: a step of day 1 is due on Tuesday 1 September

HEADER = (
    "email,first_name,last_name,order_id,purchased_at,delivered_at,status,product_name,sku,category,amount,"
    "currency,rep_email,timezone,country,locale,promise,promise_due_on"
)


def bought(purchased_at: str, order_id: str = "A1", **facts: str) -> dict[str, str]:
    """A row for Ana's car; nothing says where she lives, so the company's zone is hers."""
    car = {"email": "ana@customers.example", "category": "car", "amount": "30000"}
    return (
        dict.fromkeys(HEADER.split(","), "")
        | car
        | {"order_id": order_id, "purchased_at": purchased_at}
        | facts
    )


def campaign(*days: int, **rules: Any) -> dict[str, Any]:
    """A campaign with a step called dN for each day N."""
    return {"steps": [{"id": f"d{day}", "day": day, "template": "hello"} for day in days]} | rules


def house(campaigns: dict[str, dict[str, Any]], **sending: Any) -> dict[str, Any]:
    weekdays = {"window": "09:00-17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
    return {
        "company": {"timezone": "America/New_York"},
        "sending": weekdays | sending,
        "campaigns": campaigns,
    }


def mails(plan: dict[str, Any], *rows: dict[str, str], start: str = TUESDAY_NINE, **told: Any) -> str:
    """All that arrives, in order of arrival: "car d3 Thu 3 Sep, ..."."""
    story = reference_planner.Story(datetime.fromisoformat(start), told.pop("days", 30), **told)
    found = sorted(reference_planner.plan(rows, plan, story), key=lambda mail: mail[3])
    return ", ".join(f"{name} {step} {on:%a} {on.day} {on:%b}" for _, name, step, on in found)


# The day of a step


def test_a_step_counts_days_from_the_date_of_the_purchase() -> None:
    # Monday 31 August + 3 = Thursday 3 September
    assert mails(house({"car": campaign(3)}), bought("2026-08-31T12:00:00-04:00")) == "car d3 Thu 3 Sep"


def test_a_step_on_a_weekend_moves_to_monday_and_leaves_later_steps_where_they_are() -> None:
    # Friday 28 August + 8 = Saturday 5, so Monday 7; + 13 = Thursday 10 all the same
    assert (
        mails(house({"car": campaign(8, 13)}), bought("2026-08-28")) == "car d8 Mon 7 Sep, car d13 Thu 10 Sep"
    )


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
def test_the_local_date_is_right_in_zones_off_the_full_hour(
    purchased_at: str, zone: str, arrives: str
) -> None:
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
    assert (
        mails(house({"car": campaign(1, anchor=anchor)}), bought(MONDAY, delivered_at=delivered_at))
        == arrives
    )


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
    assert (
        mails(house({"car": campaign(3, 8, 9)}), bought("2026-08-24")) == "car d8 Tue 1 Sep, car d9 Wed 2 Sep"
    )


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


# One mail a day


def garage(car: tuple[int, ...], bike: tuple[int, ...], **sending: Any) -> dict[str, Any]:
    """Two campaigns with steps on these days; the car's has the higher priority."""
    by_bike = campaign(*bike, match={"category": ["bike"]}, priority=5)
    by_car = campaign(*car, match={"category": ["car"]}, priority=10)
    return house({"bike": by_bike, "car": by_car}, **sending)


CAR, BIKE = bought(MONDAY, "A1"), bought(MONDAY, "A2", category="bike")


def test_of_two_campaigns_on_one_day_the_higher_priority_goes_first() -> None:
    # both on Wednesday 2; the bike's waits for Thursday 3
    assert mails(garage(car=(2,), bike=(2,)), CAR, BIKE) == "car d2 Wed 2 Sep, bike d2 Thu 3 Sep"


def test_the_mail_that_waits_goes_on_the_next_allowed_day() -> None:
    # both on Friday 4; then Saturday, Sunday and Labor Day: the bike's waits for Tuesday 8
    plan = garage(car=(4,), bike=(4,), holidays=["2026-09-07"])
    assert mails(plan, CAR, BIKE) == "car d4 Fri 4 Sep, bike d4 Tue 8 Sep"


def test_mails_that_could_not_go_today_do_not_go_together_tomorrow() -> None:
    # at 18:00 on Tuesday: Tuesday's mail moves to Wednesday 2, Wednesday's then to Thursday 3
    plan = house({"car": campaign(1, 2)})
    assert mails(plan, CAR, start="2026-09-01T18:00:00-04:00") == "car d1 Wed 2 Sep, car d2 Thu 3 Sep"


def test_an_address_in_capitals_is_the_same_customer() -> None:
    shouting = BIKE | {"email": "ANA@Customers.example"}
    assert mails(garage(car=(2,), bike=(2,)), CAR, shouting) == "car d2 Wed 2 Sep, bike d2 Thu 3 Sep"


def test_two_customers_do_not_wait_for_each_other() -> None:
    neighbour = BIKE | {"email": "bo@customers.example"}
    assert mails(garage(car=(2,), bike=(2,)), CAR, neighbour) == "car d2 Wed 2 Sep, bike d2 Wed 2 Sep"


def test_priority_beats_a_mail_that_has_waited_longer() -> None:
    # Thursday 3: the bike's, waiting since Wednesday 2, meets the car's second, which wins
    found = mails(garage(car=(2, 3), bike=(2,)), CAR, BIKE)
    assert found == "car d2 Wed 2 Sep, car d3 Thu 3 Sep, bike d2 Fri 4 Sep"


def test_at_equal_priority_the_mail_planned_earlier_goes_first() -> None:
    # Tuesday 1: first. Wednesday 2: zoo, waiting since Tuesday, before abc, planned for Wednesday
    plan = house({"abc": campaign(2), "zoo": campaign(1), "first": campaign(1, priority=9)})
    assert mails(plan, CAR) == "first d1 Tue 1 Sep, zoo d1 Wed 2 Sep, abc d2 Thu 3 Sep"


def test_steps_of_one_purchase_keep_their_order_when_a_weekend_pushes_them_together() -> None:
    # Saturday 5 moves to Monday 7; Monday's own then waits for Tuesday 8, and Tuesday's for Wednesday 9
    found = mails(house({"car": campaign(5, 7, 8)}), CAR)
    assert found == "car d5 Mon 7 Sep, car d7 Tue 8 Sep, car d8 Wed 9 Sep"


def test_a_mail_that_waited_seven_days_is_still_sent() -> None:
    # the car takes Tu 1, We 2, Th 3, Fr 4 and Mo 7; the bike's of Tu 1 goes on Tu 8
    assert mails(garage(car=(1, 2, 3, 4, 7), bike=(1,)), CAR, BIKE).endswith("bike d1 Tue 8 Sep")


def test_a_mail_that_waited_longer_expires_and_the_next_step_goes_on() -> None:
    # the car takes Tu 8 too: on We 9 the bike's of Tu 1 would be 8 days late; its next, of Th 10, is in time
    found = mails(garage(car=(1, 2, 3, 4, 7, 8), bike=(1, 10)), CAR, BIKE)
    assert found.endswith("car d7 Mon 7 Sep, car d8 Tue 8 Sep, bike d10 Thu 10 Sep")
    assert "bike d1 " not in found


@pytest.mark.parametrize(("limit", "bike"), [(3, ", bike d4 Mon 7 Sep"), (2, "")])
def test_days_off_count_towards_expiry(limit: int, bike: str) -> None:
    # both on Friday 4; the bike's could go on Monday 7, 3 days late
    plan = garage(car=(4,), bike=(4,), expires_after_days=limit)
    assert mails(plan, CAR, BIKE) == "car d4 Fri 4 Sep" + bike


# Who is enrolled


@pytest.mark.parametrize(
    ("status", "arrives"),
    [("", "car d3 Thu 3 Sep"), ("paid", "car d3 Thu 3 Sep"), ("refunded", ""), ("cancelled", "")],
)
def test_only_a_paid_purchase_gets_mail(status: str, arrives: str) -> None:
    assert mails(house({"car": campaign(3)}), CAR | {"status": status}) == arrives


@pytest.mark.parametrize(
    ("match", "facts", "enrolled"),
    [
        ({}, {"category": ""}, True),
        ({"category": ["van", "Car"]}, {"category": "CAR"}, True),
        ({"category": ["van", "car"]}, {"category": "boat"}, False),
        ({"category": ["car"]}, {"category": ""}, False),
        ({"min_amount": 1000}, {"amount": "1000.00"}, True),
        ({"min_amount": 1000}, {"amount": "999.99"}, False),
        ({"min_amount": 1000}, {"amount": ""}, False),
        ({"max_amount": 500}, {"amount": "500.01"}, False),
        ({"category": ["car"], "min_amount": 1000}, {"category": "boat"}, False),
    ],
)
def test_a_campaign_takes_only_what_fits(
    match: dict[str, Any], facts: dict[str, str], enrolled: bool
) -> None:
    assert bool(mails(house({"car": campaign(3, match=match)}), CAR | facts)) is enrolled


@pytest.mark.parametrize(
    ("rule", "arrives"),
    [
        ({}, "car d24 Mon 14 Sep"),  # as newest
        ({"repeat_purchase": "newest"}, "car d24 Mon 14 Sep"),
        ({"repeat_purchase": "first"}, "car d24 Thu 3 Sep"),
        ({"repeat_purchase": "both"}, "car d24 Thu 3 Sep, car d24 Mon 14 Sep"),
    ],
)
def test_a_second_purchase_follows_the_rule_of_its_campaign(rule: dict[str, str], arrives: str) -> None:
    # 10 August + 24: 21 days to the end of August, so Thursday 3
    # 20 August + 24: 11 days to the end of August, so Sunday 13, moved to Monday 14
    # the newer stands first in the file: what counts is when it was bought
    rows = [bought("2026-08-20", "A2"), bought("2026-08-10", "A1")]
    assert mails(house({"car": campaign(24, **rule)}), *rows) == arrives


def test_a_refunded_second_purchase_leaves_the_first_alone() -> None:
    rows = [bought("2026-08-10", "A1"), bought("2026-08-20", "A2", status="refunded")]
    assert mails(house({"car": campaign(24)}), *rows) == "car d24 Thu 3 Sep"


@pytest.mark.parametrize(
    ("rows", "arrives"),
    [
        ([CAR | {"promise": "a second key"}], "car d3 Thu 3 Sep, car d4 Fri 4 Sep"),
        ([CAR], "car d4 Fri 4 Sep"),
        # a second line of the order: its promise counts, its category and date don't
        (
            [CAR, bought("2026-09-01", category="mats", promise="a second key")],
            "car d3 Thu 3 Sep, car d4 Fri 4 Sep",
        ),
    ],
)
def test_a_promise_step_goes_only_where_something_was_promised(
    rows: list[dict[str, str]], arrives: str
) -> None:
    steps = campaign(3, 4, match={"category": ["car"]})
    steps["steps"][0]["when"] = {"promises": "open"}
    assert mails(house({"car": steps}), *rows) == arrives


# Where a customer lives: 2026-08-30T20:00Z is Monday 31, 05:00, in Tokyo and Sunday 30, 16:00, in New York

SUNDAY_OR_MONDAY = "2026-08-30T20:00:00Z"


@pytest.mark.parametrize(
    ("facts", "arrives"),
    [
        ({"timezone": "Asia/Tokyo"}, "car d3 Thu 3 Sep"),
        ({"country": "JP"}, "car d3 Thu 3 Sep"),
        ({"country": "US"}, "car d3 Wed 2 Sep"),  # has several zones: the company's
        ({}, "car d3 Wed 2 Sep"),
        ({"timezone": "America/New_York", "country": "JP"}, "car d3 Wed 2 Sep"),
    ],
)
def test_the_zone_is_the_customers_else_the_countrys_else_the_companys(
    facts: dict[str, str], arrives: str
) -> None:
    row = bought(SUNDAY_OR_MONDAY, **facts)
    assert mails(house({"car": campaign(3)}), row, one_zone={"JP": "Asia/Tokyo"}) == arrives


def test_a_customer_lives_where_the_last_row_says() -> None:
    car = bought(SUNDAY_OR_MONDAY, "A1", timezone="America/New_York")
    mats = bought(SUNDAY_OR_MONDAY, "A2", timezone="Asia/Tokyo", category="mats")
    bulb = bought(SUNDAY_OR_MONDAY, "A3", category="mats")  # says nothing, so changes nothing
    plan = house({"car": campaign(3, match={"category": ["car"]})})
    assert mails(plan, car, mats, bulb) == "car d3 Thu 3 Sep"


def test_a_campaign_for_a_country_takes_those_who_live_there_by_the_last_row() -> None:
    moved = bought(MONDAY, "A2", country="PT", category="mats")
    plan = house({"car": campaign(3, match={"category": ["car"], "country": ["pt"]})})
    assert mails(plan, CAR | {"country": "US"}, moved) == "car d3 Thu 3 Sep"


# Rows that are left out


def test_a_row_that_the_import_refused_gets_nothing() -> None:
    # the header is 1, so the car is 2 and the bike is 3
    assert mails(garage(car=(2,), bike=(2,)), CAR, BIKE, broken=frozenset({2})) == "bike d2 Wed 2 Sep"


@pytest.mark.parametrize(
    ("fact", "nonsense"),
    [
        ("email", ""),
        ("email", "ana.customers.example"),
        ("order_id", ""),
        ("purchased_at", ""),
        ("purchased_at", "2026-02-30"),
        ("delivered_at", "soon"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc"),
        ("status", "lost"),
        ("amount", "about twenty thousand"),
        ("amount", "-1"),
    ],
)
def test_a_row_that_makes_no_sense_gets_nothing(fact: str, nonsense: str) -> None:
    assert mails(house({"car": campaign(3)}), CAR | {fact: nonsense}) == ""


def test_a_condition_that_the_oracle_does_not_know_stops_it() -> None:
    with pytest.raises(KeyError, match="repeat_buyer"):
        mails(house({"car": campaign(3, match={"repeat_buyer": True})}), CAR)
