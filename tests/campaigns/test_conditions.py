"""Whom a campaign and a step are for."""

from decimal import Decimal

import pytest

from drip.campaigns import definition

CAR = definition.PurchaseFacts(
    category="Car",
    sku="TW-240",
    product="Tidewater 240",
    amount=Decimal(12300),
    currency="USD",
    country="US",
    promises_open=1,
    promises_kept=0,
    promises_broken=0,
    repeat_buyer=False,
)


def test_a_campaign_without_conditions_is_for_every_purchase() -> None:
    assert definition.matches(definition.Match(), CAR)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"category": ["boat", "car"]}, True),
        ({"category": ["boat"]}, False),
        ({"sku": ["tw-240"]}, True),
        ({"product": ["TIDEWATER 240"]}, True),
        ({"product": ["Tidewater"]}, False),
        ({"country": ["us"]}, True),
        ({"country": "CA"}, False),
        ({"currency": "usd"}, True),
        ({"currency": ["EUR", "CAD"]}, False),
        ({"min_amount": 12300}, True),
        ({"min_amount": 12300.01}, False),
        ({"max_amount": 12300}, True),
        ({"max_amount": 12299.99}, False),
        ({"category": ["car"], "min_amount": 20000}, False),
    ],
)
def test_a_campaign_is_for_purchases_that_fit_every_key(keys: dict[str, object], expected: bool) -> None:
    assert definition.matches(definition.Match.model_validate(keys), CAR) is expected


@pytest.mark.parametrize("key", ["category", "sku", "product", "country", "currency"])
def test_what_is_not_known_fits_no_condition(key: str) -> None:
    unknown = CAR._replace(category=None, sku=None, product=None, country=None, currency=None)
    assert not definition.matches(definition.Match.model_validate({key: ["US"]}), unknown)


def test_an_unknown_amount_fits_no_bound() -> None:
    assert not definition.matches(definition.Match(min_amount=Decimal(0)), CAR._replace(amount=None))


@pytest.mark.parametrize(
    ("asked", "open_", "kept", "broken", "expected"),
    [
        ("open", 1, 0, 0, True),
        ("open", 0, 1, 0, False),
        ("kept", 0, 2, 0, True),
        ("kept", 1, 1, 0, False),
        ("kept", 0, 1, 1, False),
        ("broken", 1, 1, 1, True),
        ("broken", 1, 1, 0, False),
        ("none", 0, 0, 0, True),
        ("none", 0, 1, 0, False),
    ],
)
def test_a_step_can_ask_how_the_promises_stand(asked: str, open_: int, kept: int, broken: int, expected: bool) -> None:
    facts = CAR._replace(promises_open=open_, promises_kept=kept, promises_broken=broken)
    assert definition.holds(definition.When.model_validate({"promises": asked}), facts) is expected


@pytest.mark.parametrize("asked", [True, False])
def test_a_step_can_ask_for_people_who_bought_before(asked: bool) -> None:
    assert definition.holds(definition.When(repeat_buyer=asked), CAR._replace(repeat_buyer=asked))
    assert not definition.holds(definition.When(repeat_buyer=asked), CAR._replace(repeat_buyer=not asked))


def test_a_step_without_conditions_is_for_everybody() -> None:
    assert definition.holds(definition.When(), CAR)
