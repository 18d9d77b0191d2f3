"""`drip users`, `drip keys` and `drip explain` as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drip import db
from drip.cli import main
from drip.engine.people import sign_in
from tests import world

PASSWORD = "three lamps on a quay\n"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    for name, value in {
        "DATABASE_URL": database_url,
        "DRIP_DATA_DIR": str(tmp_path / "var"),
        "DRIP_CONFIG": str(world.HERE / "config.toml"),
        "DRIP_SECRET_KEY": "a secret of the tests",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_user_is_added_once_and_told_how_to_change_the_password(published_world: db.Database) -> None:
    assert _add("rita@quay.example").exit_code == 0
    again = _add("Rita@quay.example")
    assert again.exit_code == 1
    assert "drip users password rita@quay.example" in again.stderr


def test_a_weak_password_is_refused_in_one_line(published_world: db.Database) -> None:
    answer = _add("rita@quay.example", "password1234\n")
    assert answer.exit_code == 1
    assert answer.stderr.count("\n") == 1


def test_what_is_no_address_is_refused(published_world: db.Database) -> None:
    assert _add("rita").exit_code == 1


def test_an_unknown_role_is_wrong_usage(published_world: db.Database) -> None:
    assert _drip("users", "add", "rita@quay.example", "--role", "boss", "--password-stdin").exit_code == 2


def test_a_disabled_user_is_shown_as_such(published_world: db.Database) -> None:
    _add("rita@quay.example")
    assert _drip("users", "disable", "rita@quay.example").exit_code == 0
    assert "rita@quay.example  rep  disabled" in _drip("users", "list").output


def test_a_key_opens_the_api_until_it_is_revoked(published_world: db.Database) -> None:
    key = json.loads(_drip("keys", "create", "--json").output)["key"]
    with published_world.read() as session:
        assert sign_in.key_id(session, key)
    assert _drip("keys", "revoke", key[:12]).exit_code == 0
    with published_world.read() as session:
        assert sign_in.key_id(session, key) is None
    assert "No key in use" in _drip("keys", "revoke", key[:12]).stderr


def test_a_step_is_explained_as_one_object_and_all_of_them_as_a_list(published_world: db.Database) -> None:
    with published_world.write() as session:
        world.bought(session)
    one = json.loads(_drip("explain", "ANA@buyers.example", "hello", "--json").output)
    assert {"state", "reason", "sentence", "planned_at", "handed_at"} <= set(one)
    assert one["planned_at"] == "2026-09-01T13:00:00+00:00"
    steps = json.loads(_drip("explain", "ana@buyers.example", "--json").output)
    assert [each["step"] for each in steps] == ["hello", "promise", "year", "fit", "checkup"]
    assert "year (day 365): Planned for Tue 31 Aug 2027" in _drip("explain", "ana@buyers.example").output


def test_nobody_and_no_such_step_are_one_clear_line(published_world: db.Database) -> None:
    with published_world.write() as session:
        world.bought(session)
    for arguments in (["nobody@buyers.example"], ["ana@buyers.example", "nothing"]):
        answer = _drip("explain", *arguments)
        assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)


def _add(email: str, password: str = PASSWORD) -> Result:
    return _drip("users", "add", email, "--role", "rep", "--password-stdin", stdin=password)


def _drip(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main.main, arguments, input=stdin)
