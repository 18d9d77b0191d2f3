"""Links that stand in our mails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip import tokens
from drip.mail import addresses

KEY = b"a secret of the tests"
URL = "https://drip.example"
CUSTOMERS = st.integers(min_value=1, max_value=2**62)


def token_of(customer_id: int, key: bytes = KEY) -> str:
    return addresses.unsubscribe_url(URL, key, customer_id).removeprefix(f"{URL}/u/")


@given(CUSTOMERS)
def test_a_link_leads_back_to_its_customer_and_to_nobody_else(customer_id: int) -> None:
    token = token_of(customer_id)
    assert addresses.unsubscribe_customer(KEY, token) == customer_id
    assert addresses.unsubscribe_customer(b"another secret", token) is None


# Links never expire: a mail of last year must open with the program of next year.
@pytest.mark.parametrize(
    ("customer_id", "token"), [(1, "0grsy9dghmb97bxyn99e8zmtw6"), (4711, "66gfnjp6kfc300y2s1t1nwhets")]
)
def test_a_link_stays_what_it_was(customer_id: int, token: str) -> None:
    assert token_of(customer_id) == token
    assert addresses.unsubscribe_customer(KEY, token) == customer_id


def test_a_link_tells_nobody_which_customer_it_is_or_how_many_there_are() -> None:
    made = [token_of(number) for number in range(1, 300)]
    assert len({token[:4] for token in made}) > 250
    assert {len(token) for token in made} == {26}


@given(st.text(max_size=60) | st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26))
def test_whatever_else_is_sent_leads_to_nobody(token: str) -> None:
    assert addresses.unsubscribe_customer(KEY, token) is None


def test_a_changed_letter_anywhere_makes_a_link_worthless() -> None:
    token = token_of(4711)
    for place, letter in enumerate(token):
        forged = token[:place] + ("a" if letter != "a" else "b") + token[place + 1 :]
        assert addresses.unsubscribe_customer(KEY, forged) is None
    for spelt in (token.upper(), f"{token} ", f"0{token}", token[1:], ""):
        assert addresses.unsubscribe_customer(KEY, spelt) is None


@pytest.mark.parametrize("token", [tokens.sealed(KEY, "device", 4711), tokens.signed(KEY, "unsubscribe", "4711")])
def test_a_token_for_another_purpose_is_worthless(token: str) -> None:
    assert addresses.unsubscribe_customer(KEY, token) is None
