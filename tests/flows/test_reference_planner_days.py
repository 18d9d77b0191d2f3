"""The oracle by hand: one mail a day, and what follows for the rest."""

from typing import Any

import pytest

from tests.flows.paper_calendar import MONDAY, bought, campaign, house, mails

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
def test_a_campaign_takes_only_what_fits(match: dict[str, Any], facts: dict[str, str], enrolled: bool) -> None:
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
def test_a_promise_step_goes_only_where_something_was_promised(rows: list[dict[str, str]], arrives: str) -> None:
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
def test_the_zone_is_the_customers_else_the_countrys_else_the_companys(facts: dict[str, str], arrives: str) -> None:
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
