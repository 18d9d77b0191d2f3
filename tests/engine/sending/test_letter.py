"""The facts that a letter may use: what is known in plain words, and nothing that is not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from drip.campaigns import definition
from drip.engine.sending import letter
from drip.models.customer import Customer
from drip.models.purchase import Promise, PromiseState, Purchase
from drip.models.rep import Rep
from tests import world

COMPANY = definition.Company(
    name="Quay Bicycles", postal_address="1 Test Lane", timezone="America/New_York", country="US"
)


def promise(text: str, due_on: date | None = None, state: PromiseState = PromiseState.open, number: int = 1) -> Promise:
    return Promise(id=number, text=text, due_on=due_on, state=state)


def about(*promises: Promise, **customer: str | None) -> letter.About:
    known = {"email": "ana@buyers.example", "first_name": "Ana", "last_name": "Pereira", "country": "US"}
    return letter.About(
        customer=Customer(**{"timezone": None, "locale": None, **known, **customer}),
        purchase=Purchase(
            product_name="Quay 3",
            purchased_at=world.START - timedelta(days=3),
            delivered_at=None,
            amount=Decimal("1299"),
            currency="USD",
        ),
        promises=promises,
        rep=Rep(name="Rita Moss", email="rita@quay.example", phone=None),
        company=COMPANY,
        zone=world.NEW_YORK,
        at=world.START,
        unsubscribe="https://quay.example/u/7-abc",
    )


def test_what_is_known_is_said_in_plain_words() -> None:
    found = letter.context(about())
    assert found["customer"] == {
        "first_name": "Ana",
        "last_name": "Pereira",
        "name": "Ana Pereira",
        "email": "ana@buyers.example",
        "country": "US",
    }
    assert found["purchase"] == {
        "product_name": "Quay 3",
        "amount": "1,299.00",
        "currency": "USD",
        "purchased_on": "29 August 2026",
    }
    assert found["rep"] == {"name": "Rita Moss", "first_name": "Rita", "email": "rita@quay.example"}
    assert (found["days_since_purchase"], found["season"]) == (3, "autumn")


def test_a_fact_that_is_not_known_is_absent() -> None:
    found = letter.context(about(first_name="", last_name="", country=None))
    assert found["customer"] == {"email": "ana@buyers.example"}
    assert found["promise"] == {}


def test_days_are_counted_on_the_customers_calendar() -> None:
    midnight = datetime(2026, 8, 29, 23, 59, tzinfo=world.NEW_YORK)
    asked = replace(about(), at=midnight + timedelta(minutes=2))
    asked.purchase.purchased_at = midnight
    assert letter.context(asked)["days_since_purchase"] == 1


def test_the_promise_is_the_open_one_that_falls_due_first() -> None:
    found = letter.context(
        about(
            promise("a bell"),
            promise("a lamp", date(2026, 10, 1), number=2),
            promise("a lock", date(2026, 9, 1), PromiseState.kept, number=3),
            promise("a pump", date(2026, 9, 20), number=4),
        )
    )
    assert found["promise"] == {"text": "a pump", "due_on": "20 September 2026"}
    assert found["promises"] == {"open": "a bell, a lamp and a pump", "kept": "a lock"}


@pytest.mark.parametrize(("texts", "said"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), ("abc", "a, b and c")])
def test_several_promises_are_said_as_one_says_them(texts: tuple[str, ...], said: str) -> None:
    found = letter.context(about(*(promise(text, number=index) for index, text in enumerate(texts))))
    assert found["promises"] == {"open": said, "kept": ""}


@pytest.mark.parametrize(
    ("month", "north", "south"),
    [(1, "winter", "summer"), (4, "spring", "autumn"), (7, "summer", "winter"), (10, "autumn", "spring"),
     (12, "winter", "summer")],
)  # fmt: skip
def test_seasons_turn_round_south_of_the_equator(month: int, north: str, south: str) -> None:
    day = date(2026, month, 15)
    assert [letter.season(day, country) for country in ("US", "NZ", None)] == [north, south, north]


def test_a_letter_may_use_nothing_but_texts_and_numbers() -> None:
    for value in letter.context(about(promise("a bell"))).values():
        facts = value.values() if isinstance(value, dict) else [value]
        assert {type(fact) for fact in facts} <= {str, int}
