"""House rules apply at once to everybody under way, so publishing says which of them change, and how."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from drip import db
from drip.campaigns import definition, publish
from drip.models.audit import AuditEntry
from tests import world

AT_ONCE = "This applies at once to everybody under way."
EDITS = [
    ("Quay Bicycles", "Quay Cycles", "[company]: name Quay Bicycles -> Quay Cycles."),
    ('"09:00-17:00"', '"10:00-16:00"', "[sending]: window 09:00-17:00 -> 10:00-16:00."),
    ('["2026-12-25"]', "[]", "[sending]: holidays 2026-12-25 -> none."),
    ('"1 Test Lane, Springfield"', f'"{"x" * 90}"', f"postal_address 1 Test Lane, Springfield -> {'x' * 59}…."),
    ("[[reps]]", '[replies]\npraise = "handoff low"\n[[reps]]', "[replies]: praise go on -> handoff low."),
    ("Rita Moss", "Rita Mossbauer", "[reps]: rita@quay.example: name Rita Moss -> Rita Mossbauer."),
    ("otto@quay.example", "olga@quay.example", "[reps]: gains olga@quay.example; loses otto@quay.example."),
    ('phone = "+1 207 555 0100"', "", "[reps]: rita@quay.example: phone +1 207 555 0100 -> none."),
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The small world's config.toml, to be edited."""
    copied = tmp_path / "house"
    shutil.copytree(world.HERE, copied, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return copied / "config.toml"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def put(database: db.Database, config: Path) -> publish.Told:
    with database.write() as session:
        return publish.publish(session, definition.load(config), by="mia")


def look(database: db.Database, config: Path) -> publish.Told:
    with database.read() as session:
        return publish.look(session, definition.load(config))


@pytest.mark.parametrize(("old", "new", "said"), EDITS)
def test_a_changed_house_rule_is_told_with_what_it_was_and_for_whom(
    database: db.Database, config: Path, old: str, new: str, said: str
) -> None:
    put(database, config)
    edit(config, old, new)
    (sentence,) = look(database, config).news
    assert f"{said} {AT_ONCE}" in sentence


def test_every_changed_section_gets_its_sentence_and_each_key_its_words(database: db.Database, config: Path) -> None:
    put(database, config)
    for old, new in (("Quay Bicycles", "Quay Cycles"), ("09:00", "08:30"), ("[[reps]]", "cap = '1/week'\n[[reps]]")):
        edit(config, old, new)
    assert [rule.sentence.partition(":")[0] for rule in look(database, config).rules] == ["[company]", "[sending]"]
    assert look(database, config).rules[1].said == ("window 09:00-17:00 -> 08:30-17:00", "cap 1/day -> 1/week")


def test_who_stands_in_for_others_is_a_house_rule_too(database: db.Database, config: Path) -> None:
    put(database, config)
    edit(config, "rita@quay.example", "first@quay.example")
    edit(config, "otto@quay.example", "rita@quay.example")
    edit(config, "first@quay.example", "otto@quay.example")
    assert look(database, config).rules[0].said[-1] == (
        "order rita@quay.example, otto@quay.example -> otto@quay.example, rita@quay.example"
    )


def test_the_first_time_and_without_a_change_no_rule_is_told(database: db.Database, config: Path) -> None:
    assert look(database, config).rules == []
    assert put(database, config).rules == []
    assert look(database, config).news == []


def test_a_published_rule_is_written_down_and_told_once(database: db.Database, config: Path) -> None:
    put(database, config)
    edit(config, '"09:00-17:00"', '"10:00-16:00"')
    (told,) = put(database, config).rules
    assert put(database, config).rules == []
    with database.read() as session:
        notes = session.scalars(select(AuditEntry.detail).where(AuditEntry.subject == "rules:sending")).all()
    assert notes == [told.sentence]
