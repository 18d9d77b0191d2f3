"""A mail as it leaves: addresses, headers, and names that cannot become anything else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.mail import addresses, outgoing, render

KEY = b"a secret of the tests"
LETTER = render.Letter("How is your Quay 3?", "Hello Ana\n", "<p>Hello Ana</p>")
ENVELOPE = outgoing.Envelope(
    message_id="01m",
    to_address="ana@buyers.example",
    to_name="Ana Pereira",
    from_name="Rita Moss",
    from_local="rita",
    domain="quay.example",
    inbound_domain="mail.quay.example",
    reply_token="t0ken",
    unsubscribe_url="https://quay.example/u/7-abc",
)
MAIL = outgoing.check_in(LETTER, ENVELOPE)


def test_it_comes_from_the_rep_at_the_domain_where_answers_reach_us() -> None:
    assert (MAIL.from_name, MAIL.from_address) == ("Rita Moss", "rita@mail.quay.example")


def test_an_answer_carries_the_token_of_this_message() -> None:
    assert MAIL.reply_to == "reply+t0ken@mail.quay.example"


def test_its_message_id_is_our_id_at_the_sending_domain() -> None:
    assert MAIL.headers["Message-ID"] == "<01m@quay.example>"


def test_it_can_be_left_by_mail_and_with_one_click() -> None:
    stop = "mailto:stop+t0ken@mail.quay.example?subject=unsubscribe"
    assert MAIL.headers["List-Unsubscribe"] == f"<{stop}>, <https://quay.example/u/7-abc>"
    assert MAIL.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_says_that_a_machine_wrote_it_and_asks_machines_not_to_answer() -> None:
    assert MAIL.headers["Auto-Submitted"] == "auto-generated"
    assert MAIL.headers["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_it_says_nothing_else_in_headers() -> None:
    assert len(MAIL.headers) == 5


def test_nothing_is_tracked_unless_the_house_says_so() -> None:
    assert (MAIL.click_tracking, MAIL.open_tracking) == (False, False)
    tracked = outgoing.check_in(LETTER, replace(ENVELOPE, click_tracking=True, open_tracking=True))
    assert (tracked.click_tracking, tracked.open_tracking) == (True, True)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Pereira", "Ana Pereira"),
        ("Ana\r\nBcc: eve@evil.example", "Ana Bcc: eve@evil.example"),
        ("Moss, Ana; Esq.", "Moss Ana Esq."),
        ("Ana <eve@evil.example>", "Ana eve@evil.example"),
        ('"Ana" \\ Moss', "Ana Moss"),
        ("  Ana \t  Moss ", "Ana Moss"),
        ("Ana\u2028Moss\x00", "Ana Moss"),
        ("李雷", "李雷"),
        ("O'Brien-Núñez", "O'Brien-Núñez"),
        ("", ""),
        (";,<>", ""),
        ("a" * 10_000, "a" * outgoing.LONGEST_NAME),
    ],
)
def test_a_name_is_shown_on_one_line_and_can_end_no_header(name: str, shown: str) -> None:
    assert outgoing.shown(name) == shown


@given(st.text(max_size=300))
def test_no_name_can_start_a_header_or_a_second_address(name: str) -> None:
    found = outgoing.shown(name)
    assert not set(found) & set(';,<>"\\\r\n\t\x00\u2028\u2029')
    assert len(found) <= outgoing.LONGEST_NAME
    assert outgoing.shown(found) == found.strip()


@given(st.text(max_size=300), st.text(max_size=300))
def test_names_reach_names_only(customer: str, rep: str) -> None:
    mail = outgoing.check_in(LETTER, replace(ENVELOPE, to_name=customer, from_name=rep))
    assert replace(mail, to_name=MAIL.to_name, from_name=MAIL.from_name) == MAIL


def test_the_way_out_is_signed_for_this_customer_and_opens_again() -> None:
    url = addresses.unsubscribe_url("https://quay.example", KEY, 7)
    token = url.removeprefix("https://quay.example/u/")
    assert addresses.unsubscribe_customer(KEY, token) == 7
    assert addresses.unsubscribe_customer(b"another key", token) is None


@pytest.mark.parametrize("token", ["", "7", "7-", "-", "8-abc", "7-abc-abc", "٧-x", "7-\u00e9", "a" * 10_000])
def test_a_way_out_that_is_not_ours_opens_nothing(token: str) -> None:
    assert addresses.unsubscribe_customer(KEY, token) is None
