"""What the command line says and how it ends: 0 done, 1 refused in one clear line, 2 wrong usage."""

import json
import shutil
from pathlib import Path

import pytest

from drip import config, db
from drip.models.campaign import CampaignState
from drip.models.inbound import InboundState
from drip.models.message import MessageState
from drip.models.system import System, SystemState
from drip.providers.sendgrid.send import Outcome, Result
from tests import world
from tests.cli.conftest import Command
from tests.world import sending, talking

SECRET = "hidden"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The small world's config.toml, to be edited."""
    copied = tmp_path / "house"
    shutil.copytree(world.HERE, copied, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return copied / "config.toml"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_sound_files_are_counted(drip: Command) -> None:
    answer = drip("check")
    assert (answer.exit_code, answer.output) == (0, "config.toml is sound: 2 campaigns, 5 check-ins, 2 reps.\n")
    assert json.loads(drip("check", "--json").stdout) == []


def test_every_mistake_is_told_with_file_and_line_and_fails(drip: Command, house: Path) -> None:
    edit(house, "timezone", "timzone")
    edit(house.parent / "templates/emails/year/subject.txt", "How is", "One\nHow is")
    answer = drip("check", DRIP_CONFIG=str(house))
    assert answer.exit_code == 1
    for said in ("config.toml:", "templates/emails/year/subject.txt:2", 'Did you mean "timezone"?', "mistakes to mend"):
        assert said in answer.stderr
    told = json.loads(drip("check", "--json", DRIP_CONFIG=str(house)).stdout)
    assert {"file", "line", "message", "suggestion"} == set(told[0])


def test_a_letter_without_a_way_out_is_warned_of_before_it_is_published(drip: Command, house: Path) -> None:
    edit(house.parent / "templates/emails/year/body.txt", " | {{ links.unsubscribe }}", "")
    for words in (["check"], ["check", "--json"], ["campaigns", "publish", "--dry-run"], ["campaigns", "publish"]):
        answer = drip(*words, DRIP_CONFIG=str(house))
        assert answer.exit_code == 0
        assert "templates/emails/year/body.txt:1  There is no unsubscribe link in the text." in answer.stderr
        assert "1 warning;" in answer.stderr


def test_a_dry_run_says_what_publishing_would_change_and_changes_nothing(drip: Command, house: Path) -> None:
    assert drip("campaigns", "publish").exit_code == 0
    edit(house, "day = 365", "day = 366")
    edit(house, '"09:00-17:00"', '"10:00-16:00"')
    for _ in range(2):
        answer = drip("campaigns", "publish", "--dry-run", DRIP_CONFIG=str(house))
        assert answer.exit_code == 0
        assert answer.output.splitlines()[0].startswith("[sending]: window 09:00-17:00 -> 10:00-16:00.")
        assert "ride: version 2; moves year from day 365 to 366." in answer.output
        assert "Nothing was published." in answer.output


def test_campaigns_are_published_paused_and_resumed(drip: Command, database: db.Database) -> None:
    assert "ride: new, 3 check-ins" in drip("campaigns", "publish").output
    assert "drip campaigns resume ride" in drip("campaigns", "pause", "ride").output
    listed = {each["name"]: each for each in json.loads(drip("campaigns", "list", "--json").stdout)}
    assert listed["ride"] == {"name": "ride", "state": "paused", "version": 1, "walking": 0}
    assert drip("campaigns", "resume", "ride", "--missed", "latest").exit_code == 0
    assert sending.campaign(database).state is CampaignState.active
    assert "ride" in drip("campaigns", "list").output


def test_another_houses_file_is_refused(drip: Command, house: Path) -> None:
    drip("campaigns", "publish")
    edit(house, 'domain = "quay.example"', 'domain = "pier.example"')
    refused = drip("campaigns", "publish", DRIP_CONFIG=str(house))
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert drip("campaigns", "publish", "--new-domain", DRIP_CONFIG=str(house)).exit_code == 0


def test_status_tells_scripts_all_that_they_ask_for(drip: Command, published_world: db.Database) -> None:
    sending.buy(published_world)
    told = json.loads(drip("status", "--json").stdout)
    assert set(told) >= {"mode", "state", "reason", "business_at", "breaker", "messages", "due", "lag_seconds", "pids"}
    assert (told["mode"], told["state"], told["due"], told["pids"]) == ("sandbox", "running", 1, {})
    assert told["oldest_due_at"] == "2026-09-01T13:00:00+00:00"
    said = drip("status").output
    assert "No process is running" in said
    assert "UTC, the mail provider answers" in said


def test_status_counts_the_mail_that_waits_for_a_person(drip: Command, published_world: db.Database) -> None:
    assert "mail that waits for a person: none" in drip("status").output
    with published_world.write() as session:
        for state in (InboundState.unmatched, InboundState.unmatched, InboundState.unreadable, InboundState.understood):
            talking.stored(session, state=state)
    assert json.loads(drip("status", "--json").stdout)["inbound"] == {"stored": 0, "unmatched": 2, "unreadable": 1}
    assert "mail that waits for a person: 2 unmatched, 1 unreadable (see /unmatched)" in drip("status").output


def test_an_unknown_mail_is_listed_with_its_whole_id(
    drip: Command, published_world: db.Database, settings: config.Settings
) -> None:
    assert drip("unknowns").output.startswith("None:")
    sending.buy(published_world, world.Bought(email=f"{'long' * 12}@buyers.example"))
    sending.sent(published_world, settings, Outcome(Result.ambiguous, detail="the connection broke off " * 3))
    row = sending.message(published_world)
    assert row.state is MessageState.ambiguous
    assert row.id in drip("unknowns", COLUMNS="80").output
    (told,) = json.loads(drip("unknowns", "--json").stdout)
    assert (told["id"], told["step"]) == (row.id, "hello")


def test_somebody_who_knows_takes_a_mail_off_the_list(
    drip: Command, published_world: db.Database, settings: config.Settings
) -> None:
    sending.buy(published_world)
    sending.sent(published_world, settings, Outcome(Result.ambiguous))
    row = sending.message(published_world)
    assert drip("unknowns", "--lost", row.id).exit_code == 0
    assert sending.message(published_world).state is MessageState.presumed_lost
    assert drip("unknowns").output.startswith("None:")
    again = drip("unknowns", "--arrived", row.id)
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)


def test_the_kill_switch_stops_all_mail_and_lets_it_go_on(drip: Command, database: db.Database) -> None:
    assert drip("pause", "--reason", "a wrong word").exit_code == 0
    assert (sending.the_system(database).state, sending.the_system(database).reason) == ("paused", "a wrong word")
    answer = drip("resume", "--missed", "latest")
    assert (answer.exit_code, "no check-in was left out" in answer.output) == (0, True)
    assert sending.the_system(database).state is SystemState.running


def test_a_hold_ends_only_when_somebody_says_what_happened(drip: Command, database: db.Database) -> None:
    sending.change(database, System, state=SystemState.hold, reason="restored")
    refused = drip("resume")
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "Released." in drip("hold", "release", "--moved", "--reason", "a new disk").output
    assert sending.the_system(database).state is SystemState.paused


def test_what_a_restored_database_may_have_sent_is_listed_and_explained(
    drip: Command, published_world: db.Database
) -> None:
    sending.buy(published_world)
    sending.change(published_world, System, state=SystemState.hold, reason="restored")
    assert "1 check-in may have left" in drip("hold", "release").output
    listed = drip("unknowns", COLUMNS="100").output
    assert ("ana@buyers.example" in listed, "hello" in listed) == (True, True)
    told = json.loads(drip("explain", "ana@buyers.example", "hello", "--json").stdout)
    assert (told["state"], told["handed_at"]) == ("ambiguous", None)
    assert told["sentence"].startswith("It was due before the database was restored")


def test_erasing_asks_first_forgets_and_does_no_harm_twice(drip: Command, published_world: db.Database) -> None:
    sending.buy(published_world)
    assert drip("erase", "ana@buyers.example").exit_code == 1  # nobody said yes
    assert drip("explain", "ana@buyers.example").exit_code == 0
    assert "Forgotten" in drip("erase", "Ana@buyers.example", "--yes").output
    assert drip("explain", "ana@buyers.example").exit_code == 1
    again = drip("erase", "ana@buyers.example", "--yes")
    assert (again.exit_code, "nothing about" in again.output) == (0, True)


def test_releasing_what_is_not_held_says_so(drip: Command, database: db.Database) -> None:
    answer = drip("hold", "release", "--reason", "to be sure")
    assert (answer.exit_code, "Released" in answer.output) == (0, False)
    assert "was not in HOLD" in answer.output
    assert sending.the_system(database).state is SystemState.running


@pytest.mark.parametrize(
    "words",
    [
        ["campaigns", "resume", "ride", "--missed", "all"],
        ["campaigns", "pause"],
        ["nothing"],
        ["status", "--loud"],
        ["worker", "--queue", "none"],
        ["import"],
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_wrong_usage_ends_with_two(drip: Command, words: list[str]) -> None:
    assert drip(*words).exit_code == 2


@pytest.mark.parametrize("words", [["campaigns", "pause", "none"], ["campaigns", "resume", "none"]])
def test_a_campaign_that_does_not_exist_is_one_clear_line(drip: Command, words: list[str]) -> None:
    answer = drip(*words)
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"DATABASE_URL": f"postgresql://quay:{SECRET}@127.0.0.1:1/drip"}, "nobody listens there"),
        ({"DATABASE_URL": f"mysql://quay:{SECRET}@h/drip"}, "DATABASE_URL cannot be used"),
        ({"DATABASE_URL": f"postgresql://quay:{SECRET}@h:port/drip"}, "DATABASE_URL cannot be used"),
        ({"DATABASE_URL": "sqlite:////dev/null/drip.db"}, "/dev/null/drip.db cannot be used"),
        ({"DRIP_DATA_DIR": "/dev/null"}, "/dev/null cannot be used: file exists"),
        ({"DRIP_DATA_DIR": "/dev/null/var"}, "/dev/null/var cannot be used: not a directory"),
        ({"REDIS_URL": f"http://quay:{SECRET}@h"}, "REDIS_URL cannot be used"),
        ({"REDIS_URL": f"redis://quay:{SECRET}@h:port/0"}, "REDIS_URL cannot be used"),
        ({"DRIP_MODE": "loud"}, "DRIP_MODE is 'loud'"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_set_wrong_is_one_clear_line_without_a_password(
    drip: Command, environ: dict[str, str], said: str
) -> None:
    answer = drip("status", **environ)
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert SECRET not in answer.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_secret_that_cannot_be_kept_is_one_clear_line(drip: Command, tmp_path: Path) -> None:
    (tmp_path / "var" / "secret-key").mkdir(parents=True)
    answer = drip("explain", "ana@buyers.example", DRIP_SECRET_KEY="")
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_of_a_newer_drip_is_left_alone(drip: Command, database: db.Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '20991231_tomorrow'")
    answer = drip("status")
    assert (answer.exit_code, "written by a newer Drip" in answer.stderr) == (1, True)
