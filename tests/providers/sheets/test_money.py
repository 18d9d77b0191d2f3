"""Amounts as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.providers.sheets import money


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        *(("1299", "1299"), ("1299.00", "1299.00"), ("1299,00", "1299.00"), ("1299,5", "1299.5")),
        *(("1,299.00", "1299.00"), ("1.299,00", "1299.00"), ("1 299,00", "1299.00"), ("1'299.00", "1299.00")),
        *(("1,234,567", "1234567"), ("1.234.567,89", "1234567.89"), ("$1,299.00", "1299.00")),
        *(
            ("1.299,00 €", "1299.00"),
            ("USD 1299.00", "1299.00"),
            ("1299.00 EUR", "1299.00"),
            ("24900.0000", "24900.0000"),
        ),
    ],
)
def test_amounts_that_can_be_read_in_one_way_are(written: str, plain: str) -> None:
    assert money.plain(written) == plain


@pytest.mark.parametrize("written", ["1,299", "1.299", "12,345"])
def test_what_could_be_two_amounts_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="could be two amounts"):
        money.plain(written)


@pytest.mark.parametrize(
    "written", ["about twenty", "-5", "(5)", "1,2,3", "1..2", "12,34.5", "1,299.00.00", "$", "1e5", "٣"]
)
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"amount"):
        money.plain(written)


@given(st.decimals(0, 10**9, places=2))
def test_grouped_and_plain_mean_the_same(amount: Decimal) -> None:
    american = f"{amount:,.2f}"
    german = american.translate(str.maketrans(",.", ".,"))
    assert Decimal(money.plain(american)) == Decimal(money.plain(german)) == amount
