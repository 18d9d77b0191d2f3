"""The example business: letters as a person would write them, and purchases that anyone can make again."""

import csv
import re
import subprocess
import sys
import tomllib
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest

ROOT = Path(__file__).parents[2]
LETTERS = ROOT / "templates" / "emails"
NAMES = sorted(folder.name for folder in LETTERS.iterdir() if folder.name != "_layout")
PLANS = [ROOT / "config.toml", *sorted((ROOT / "campaigns").glob("*.toml"))]
KNOWN: dict[str, object] = {
    "customer": {"first_name": "Ana"},
    "purchase": {
        "product_name": "Gannet Wagon",
        "purchased_on": "20 August 2026",
        "delivered_on": "27 August 2026",
    },
    "promise": {"text": "free fitting of the roof bars", "due_on": "4 September 2026"},
    "promises": {
        "open": "free fitting of the roof bars and a second key",
        "kept": "the missing cargo cover",
    },
    "rep": {"name": "Maria Silva", "first_name": "Maria", "phone": "+1 207 555 0100"},
    "company": {"name": "Harbour Cars", "postal_address": "12 Quay Street, Portland"},
    "season": "autumn",
    "links": {"unsubscribe": "https://mail.harbourcars.example/u/token"},
}
BARE: dict[str, object] = {
    **KNOWN,
    "customer": {},
    "purchase": {"product_name": "Gannet Wagon", "purchased_on": "20 August 2026"},
    "promise": {},
    "promises": {"open": "", "kept": "the missing cargo cover"},
    "rep": {"name": "Aoife Byrne", "first_name": "Aoife"},
}
CONTEXTS = [
    {**facts, "season": season} for facts in (KNOWN, BARE) for season in ("winter", "spring", "summer", "autumn")
]
CONTEXTS.append({**KNOWN, "promise": {}, "promises": BARE["promises"]})


class _Words(HTMLParser):
    """What a reader sees of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.seen.extend(data.split())


def _source(name: str, part: str) -> str:
    return (LETTERS / name / part).read_text(encoding="utf-8")


def _framed(name: str, part: str) -> str:
    return _source("_layout", part).replace("{{ content }}", _source(name, part))


def _rendered(source: str, context: dict[str, object], *, html: bool = False) -> str:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=html
    )
    return environment.from_string(source).render(context)


def _contexts(name: str) -> list[dict[str, object]]:
    """The facts a letter can meet: the promise's goes out only while one is open."""
    return [context for context in CONTEXTS if name != "promise" or context["promise"]]


def _campaigns() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for plan in PLANS:
        found.update(tomllib.loads(plan.read_text(encoding="utf-8")).get("campaigns", {}))
    return found


def _rows() -> list[dict[str, str]]:
    with (ROOT / "examples" / "purchases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_step_has_its_letter() -> None:
    steps = [step for campaign in _campaigns().values() for step in campaign["steps"]]
    for step in steps:
        for part in ("subject.txt", "body.txt", "body.html"):
            assert (LETTERS / step["template"] / part).is_file(), f"{step['id']}: {part}"
    assert {step["template"] for step in steps} == set(NAMES)


def test_the_first_year_has_at_least_nine_steps_from_the_first_day_past_the_birthday() -> None:
    days = [step["day"] for step in _campaigns()["first-year"]["steps"]]
    assert len(days) >= 9
    assert days == sorted(days)
    assert days[0] == 1
    assert 365 in days


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_asks_one_question(name: str) -> None:
    assert _source(name, "body.txt").count("?") == 1
    for context in _contexts(name):
        assert _rendered(_framed(name, "body.txt"), context).count("?") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_is_short(name: str) -> None:
    for context in _contexts(name):
        assert 40 <= len(_rendered(_source(name, "body.txt"), context).split()) <= 110


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_neither_shouts_nor_shows_a_gap(name: str) -> None:
    for context in _contexts(name):
        text = _rendered(_framed(name, "body.txt"), context)
        assert "!" not in text
        assert not re.search(r" {2}| [.,;:]|\n{4}|^ | $", text, re.MULTILINE), text


@pytest.mark.parametrize("name", NAMES)
def test_a_subject_is_short_and_honest(name: str) -> None:
    for context in _contexts(name):
        subject = _rendered(_source(name, "subject.txt"), context)
        assert 0 < len(subject.strip()) <= 60
        assert "!" not in subject
        assert not re.match(r"\s*(re|fwd?)\s*:", subject, re.IGNORECASE)


def test_no_two_letters_have_one_subject() -> None:
    assert len({_source(name, "subject.txt") for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_html_says_what_the_text_says(name: str) -> None:
    for context in _contexts(name):
        words = _Words()
        words.feed(_rendered(_source(name, "body.html"), context, html=True))
        assert words.seen == _rendered(_source(name, "body.txt"), context).split()


@pytest.mark.parametrize("name", NAMES)
def test_a_letter_is_signed_and_says_who_we_are_and_the_way_out(name: str) -> None:
    for part in ("body.txt", "body.html"):
        letter = _rendered(_framed(name, part), KNOWN, html=part.endswith("html"))
        for needed in (
            "Maria Silva",
            "Harbour Cars",
            "12 Quay Street, Portland",
            "https://mail.harbourcars.example/u/token",
        ):
            assert needed in letter


@pytest.mark.parametrize("name", NAMES)
def test_the_html_is_a_personal_page_that_loads_nothing(name: str) -> None:
    letter = _rendered(_framed(name, "body.html"), KNOWN, html=True)
    assert letter.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta name="color-scheme" content="light dark">' in letter
    assert "<title>" in letter
    assert not re.search(r"<(img|table|button|script|link)\b|url\(", letter)
    assert letter.count("<a ") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_customer_without_a_first_name_is_greeted_all_the_same(name: str) -> None:
    for first_name in ({}, {"first_name": ""}):
        assert _rendered(_source(name, "body.txt"), {**KNOWN, "customer": first_name}).startswith("Hello there,\n")


def test_a_letter_that_sells_does_not_while_a_promise_is_open() -> None:
    offers = {"birthday": "weekend", "friend": "friend", "bike-second-bike": "a tenth less"}
    for name, offer in offers.items():
        assert offer in _rendered(_source(name, "body.txt"), BARE)
        assert offer not in _rendered(_source(name, "body.txt"), KNOWN)


def test_holidays_are_dates_in_order_without_repeats() -> None:
    house = tomllib.loads(PLANS[0].read_text(encoding="utf-8"))
    holidays = [datetime.fromisoformat(day).date() for day in house["sending"]["holidays"]]
    assert holidays == sorted(set(holidays))
    assert {day.year for day in holidays} == {2026, 2027, 2028}


def test_the_example_has_a_thousand_purchases() -> None:
    assert len(_rows()) == 1_000


def test_the_example_can_be_made_again_byte_for_byte(tmp_path: Path) -> None:
    again = tmp_path / "purchases.csv"
    script = ROOT / "examples" / "make_purchases.py"
    subprocess.run([sys.executable, "-B", str(script), str(again)], check=True)
    assert again.read_bytes() == (ROOT / "examples" / "purchases.csv").read_bytes()


def test_no_example_address_belongs_to_anybody() -> None:
    addresses = [row["email"] for row in _rows() if row["email"]] + [
        row["rep_email"] for row in _rows() if row["rep_email"]
    ]
    assert all(address.lower().endswith((".example", ".test")) for address in addresses)


def test_every_rep_of_the_example_works_there() -> None:
    reps = {rep["email"] for rep in tomllib.loads(PLANS[0].read_text(encoding="utf-8"))["reps"]}
    assert {row["rep_email"] for row in _rows()} == reps | {""}


def test_the_clock_starts_on_a_weekday_morning_after_every_good_purchase() -> None:
    clock = datetime.fromisoformat((ROOT / "examples" / "clock.txt").read_text(encoding="utf-8").strip())
    assert clock.astimezone(ZoneInfo("America/New_York")).strftime("%A %H:%M") == "Tuesday 09:00"
    moments = [row["purchased_at"] for row in _rows()]
    later = [moment for moment in moments if moment[:4].isdecimal() and moment[:10] >= clock.date().isoformat()]
    assert [moment[:4] for moment in later] == ["2062"]


@pytest.mark.parametrize(
    ("address", "delivered_on"),
    [
        ("nora@whitaker.example", "2026-08-31"),
        ("ana.ribeiro@post.test", "2026-08-27"),
        ("walter.hollis@letters.test", "2025-09-01"),
    ],
)
def test_the_first_morning_has_a_handover_a_promise_and_a_birthday(address: str, delivered_on: str) -> None:
    rows = [row for row in _rows() if row["email"] == address]
    assert [row["delivered_at"][:10] for row in rows] == [delivered_on]
    assert rows[0]["status"] == "paid"
