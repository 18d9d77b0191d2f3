"""A house as marketing writes it becomes a checked value."""

import json
from datetime import date, time
from pathlib import Path

import pytest

from drip.campaigns import definition
from tests.campaigns import houses


@pytest.fixture
def house(tmp_path: Path) -> definition.House:
    return definition.load(houses.write(tmp_path))


def test_the_house_is_read_in_the_order_of_its_files(house: definition.House) -> None:
    assert [rep.name for rep in house.reps] == ["Maria Silva", "Tom Okafor"]
    assert [campaign.name for campaign in house.campaigns] == ["first-year", "bikes"]
    assert [step.id for step in house.campaigns[0].steps] == ["handover", "promise"]


def test_hours_are_ready_for_the_calendar(house: definition.House) -> None:
    hours = house.sending.hours
    assert (hours.opens, hours.closes) == (time(9), time(17))
    assert hours.days == frozenset({0, 1, 2, 3, 4})
    assert hours.holidays == frozenset({date(2026, 12, 25)})


@pytest.mark.parametrize(("cap", "days"), [("1/day", 1), ("1/week", 7), ("1/3d", 3), ("1/1d", 1)])
def test_a_cap_is_a_number_of_local_days(tmp_path: Path, cap: str, days: int) -> None:
    config = houses.write(tmp_path, ('cap = "1/day"', f'cap = "{cap}"'))
    assert definition.load(config).sending.cap_days == days


def test_a_campaign_keeps_its_file_and_that_files_text(house: definition.House) -> None:
    first, second = house.campaigns
    assert (first.source, first.toml) == ("config.toml", house.toml)
    assert (second.source, second.toml) == ("campaigns/bikes.toml", houses.BIKES)


def test_a_letter_stands_inside_the_shared_frame(house: definition.House) -> None:
    letter = house.letters["handover"]
    assert letter.subject == "Your {{ purchase.product_name }}"
    assert letter.text == "Hello,\nhow was it?\n\n{{ rep.first_name }}\n{{ links.unsubscribe }}\n"
    assert letter.html == "<html><p>How was it?</p></html>"


def test_a_letter_without_html_has_none(house: definition.House) -> None:
    assert house.letters["promise"].html is None


def test_a_template_that_no_step_uses_is_left_alone(tmp_path: Path) -> None:
    houses.template(tmp_path, "draft", "subject.txt", "{% not yet %}")
    assert "draft" not in definition.load(houses.write(tmp_path)).letters


def test_the_house_survives_the_way_through_json(house: definition.House) -> None:
    stored = json.loads(json.dumps(house.model_dump(mode="json")))
    assert definition.House.model_validate(stored) == house


def test_a_campaign_stored_without_its_text_can_be_read_back(house: definition.House) -> None:
    stored = house.campaigns[0].model_dump(mode="json", exclude={"toml"})
    assert definition.Campaign.model_validate(stored).steps == house.campaigns[0].steps


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    config = houses.write(tmp_path, (houses.SENDING_CHOICES, ""))
    sending = definition.load(config).sending
    assert (sending.window, sending.cap, sending.cool_off_days, sending.expires_after_days) == (
        "09:00-17:00",
        "1/day",
        3,
        7,
    )
    assert sending.days == ("mon", "tue", "wed", "thu", "fri")


def test_a_rep_without_zone_is_on_company_time(house: definition.House) -> None:
    assert [rep.timezone for rep in house.reps] == ["America/New_York", "Europe/Dublin"]


def test_the_templates_can_be_elsewhere(tmp_path: Path) -> None:
    config = houses.write(tmp_path / "here")
    (tmp_path / "here" / "templates").rename(tmp_path / "there")
    assert "handover" in definition.load(config, tmp_path / "there" / "emails").letters


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    config = houses.write(tmp_path)
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    assert definition.load(config).company.name == "Harbour Cars"
