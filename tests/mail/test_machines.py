"""Machines are told from people; in doubt it is a person."""

from datetime import date

import pytest

from drip.mail import dates_named, machines
from tests.mail import letters

OWN = frozenset({"quay.example", "mail.quay.example"})


def told(name: str) -> machines.Machine:
    return machines.told(letters.read(name), OWN)


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("answer_gmail", "human"),
        ("bounce_unknown_user", "bounce_hard"),
        ("bounce_mailbox_full", "bounce_soft"),
        ("bounce_blocked_as_spam", "bounce_soft"),
        ("bounce_of_a_list_address", "bounce_hard"),
        ("delivered_report", "notice"),
        ("complaint", "complaint"),
        ("failed_authentication_report", "notice"),
        ("away_exchange", "out_of_office"),
        ("away_german", "out_of_office"),
        ("autoresponder", "auto_reply"),
        ("list_mail", "list"),
        ("own_copy", "own_copy"),
    ],
)
def test_each_sender_is_told(name: str, sender: str) -> None:
    assert told(name).sender == sender


@pytest.mark.parametrize(
    "name",
    [
        "human_with_machine_headers",
        "human_auto_forwarded",
        "human_about_a_sofa",
        "human_on_holiday",
        "human_forwards_a_bounce",
    ],
)
def test_a_person_is_no_machine(name: str) -> None:
    assert told(name).sender == "human"


def test_a_verdict_shows_what_decided() -> None:
    assert told("autoresponder").evidence == ("x-autoreply",)
    assert "no such user" in told("bounce_unknown_user").evidence


def test_the_day_of_return_is_read() -> None:
    assert told("away_exchange").until == date(2026, 9, 14)
    assert told("away_german").until == date(2026, 9, 14)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("I am away until 14 September.", date(2026, 9, 14)),
        ("Back on September 14th, 2026", date(2026, 9, 14)),
        ("bis einschließlich 14. September", date(2026, 9, 14)),
        ("vom 1.9. bis 14.9. nicht da", date(2026, 9, 14)),
        ("absente jusqu'au 14 septembre", date(2026, 9, 14)),
        ("hasta el 14 de septiembre", date(2026, 9, 14)),
        ("fino al 14 settembre", date(2026, 9, 14)),
        ("tot en met 14 september", date(2026, 9, 14)),
        ("até 14 de setembro", date(2026, 9, 14)),
        ("will return on 2026-09-14", date(2026, 9, 14)),
        ("Jag är på semester till den 14 september", date(2026, 9, 14)),
        ("Jeg er tilbage igen mandag den 14. september", date(2026, 9, 14)),
        ("Jestem na urlopie do 14 września", date(2026, 9, 14)),
        ("Jsem mimo kancelář do 14. září", date(2026, 9, 14)),
        ("Я в отпуске до 14 сентября", date(2026, 9, 14)),
        ("Palaan 14. syyskuuta", date(2026, 9, 14)),
        ("14.9.2026 asti poissa, palaan 15.9.2026", date(2026, 9, 15)),
        ("9月14日まで休暇をいただいております", date(2026, 9, 14)),
        ("我将休假至2026年9月14日", date(2026, 9, 14)),
        ("9월 14일까지 휴가입니다", date(2026, 9, 14)),
        ("back on Monday", date(2026, 9, 7)),
        ("until 3 January", date(2027, 1, 3)),
        ("I was there until 14 August", None),
        ("until further notice", None),
        ("call +49 30 1234567", None),
    ],
)
def test_a_date_is_read_in_many_languages(said: str, day: date | None) -> None:
    assert dates_named.until(said, date(2026, 9, 1)) == day


def test_without_the_day_of_the_letter_only_a_year_makes_a_date() -> None:
    assert dates_named.until("until 14 September", None) is None
    assert dates_named.until("until 14 September 2026", None) == date(2026, 9, 14)
