"""Links that stand in our mails."""

from hypothesis import given
from hypothesis import strategies as st

from drip import tokens
from drip.mail import addresses

KEY = b"a secret of the tests"
URL = "https://drip.example"


@given(st.integers(min_value=1, max_value=2**62))
def test_a_link_leads_back_to_its_customer_and_to_nobody_else(customer_id: int) -> None:
    token = addresses.unsubscribe_url(URL, KEY, customer_id).removeprefix(f"{URL}/u/")
    assert addresses.unsubscribe_customer(KEY, token) == customer_id
    assert addresses.unsubscribe_customer(b"another secret", token) is None


@given(st.text(max_size=60))
def test_whatever_else_is_sent_leads_to_nobody(token: str) -> None:
    assert addresses.unsubscribe_customer(KEY, token) is None


def test_a_changed_letter_anywhere_makes_a_link_worthless() -> None:
    token = addresses.unsubscribe_url(URL, KEY, 4711).removeprefix(f"{URL}/u/")
    for place, letter in enumerate(token):
        forged = token[:place] + ("a" if letter != "a" else "b") + token[place + 1 :]
        assert addresses.unsubscribe_customer(KEY, forged) is None


def test_a_signature_for_another_purpose_is_worthless() -> None:
    assert addresses.unsubscribe_customer(KEY, tokens.signed(KEY, "device", "4711")) is None
