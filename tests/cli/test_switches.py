"""Pauses that are none, a house that is another, durations out of range: told as they are."""

from pathlib import Path

import pytest

from drip import db
from tests.cli.conftest import Command
from tests.cli.test_commands import edit, house

__all__ = ["house"]


def test_a_campaign_that_is_not_paused_does_not_go_on_and_is_not_paused_twice(
    drip: Command, published_world: db.Database
) -> None:
    answer = drip("campaigns", "resume", "ride", "--missed", "skip")
    assert (answer.exit_code, answer.output) == (0, "ride was not paused; nothing was changed.\n")
    assert drip("campaigns", "pause", "ride").output.startswith("ride is paused. ")
    assert drip("campaigns", "pause", "ride").output.startswith("ride is paused already. ")


def test_the_kill_switch_says_where_it_stands(drip: Command, published_world: db.Database) -> None:
    answer = drip("resume")
    assert (answer.exit_code, answer.output) == (0, "The system was not paused; nothing was changed.\n")
    assert "any more" in drip("pause").output
    answer = drip("pause")
    assert (answer.exit_code, answer.output) == (
        0, "The system is paused already; nothing leaves. Go on with: drip resume\n"
    )  # fmt: skip


def test_a_dry_run_refuses_another_houses_file_as_publishing_does(
    drip: Command, published_world: db.Database, house: Path
) -> None:
    edit(house, 'domain = "quay.example"', 'domain = "other.example"')
    for words in (["--dry-run"], []):
        answer = drip("campaigns", "publish", *words, DRIP_CONFIG=str(house))
        assert (answer.exit_code, "belongs to quay.example" in answer.stderr) == (1, True)
    assert drip("campaigns", "publish", "--dry-run", "--new-domain", DRIP_CONFIG=str(house)).exit_code == 0


@pytest.mark.parametrize("length", ["100000d", "0d", "9" * 5000 + "d"])
def test_a_duration_out_of_range_says_the_range(drip: Command, length: str) -> None:
    answer = drip("fast-forward", length)
    assert (answer.exit_code, "out of range: write 30d, or anything from 1d to 5000d." in answer.stderr) == (1, True)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("templates/emails/year/body.txt", "Hello", '{% if season = "x" %}a{% endif %}', "Compare with =="),
        ("config.toml", 'name = "Quay Bicycles"', "name = Quay Bicycles", "straight quotes"),
        ("config.toml", 'name = "Quay Bicycles"', "name = \u201cQuay\u201d", "straight quotes"),
    ],
)
def test_a_hint_names_the_way_out(drip: Command, house: Path, file: str, old: str, new: str, said: str) -> None:
    edit(house.parent / file, old, new)
    answer = drip("check", DRIP_CONFIG=str(house))
    assert (answer.exit_code, said in answer.stderr) == (1, True)
