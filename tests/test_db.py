"""How the databases are opened, and what a transaction of ours is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from drip import db
from drip.models.system import System
from tests import world
from tests.world import sending


def asked(database: db.Database, question: str, *, writing: bool = True) -> str:
    with database.write() if writing else database.read() as session:
        return str(session.scalar(text(question)))


def test_the_database_is_told_to_be_durable_which_shows_a_setting_and_not_that_disks_obey(
    database: db.Database,
) -> None:
    if database.is_sqlite:
        pragmas = {"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "query_only": "0", "temp_store": "2"}
        assert {name: asked(database, f"PRAGMA {name}") for name in pragmas} == pragmas
    else:
        settings = {"synchronous_commit": "on", "TimeZone": "UTC", "transaction_isolation": "read committed"}
        assert {name: asked(database, f"SHOW {name}") for name in settings} == settings


def test_what_may_be_lost_in_a_crash_does_not_wait_for_the_disk_and_whatever_comes_after_it_does(
    database: db.Database,
) -> None:
    world.only(database, "postgresql")
    with database.write(durable=False) as session:
        assert session.scalar(text("SHOW synchronous_commit")) == "off"
    assert asked(database, "SHOW synchronous_commit") == "on"


@pytest.mark.parametrize("change", ["UPDATE system SET reason = 'x'", "DELETE FROM system"])
def test_a_reader_cannot_write(database: db.Database, change: str) -> None:
    refused = "readonly" if database.is_sqlite else "read-only"
    with pytest.raises(DBAPIError, match=refused), database.read() as session:
        session.execute(text(change))
    with database.write() as session:
        session.execute(text("UPDATE system SET reason = 'y'"))
    assert sending.the_system(database).reason == "y"


def test_what_was_changed_in_a_reader_by_mistake_is_not_written(database: db.Database) -> None:
    with database.read() as session:
        session.get_one(System, 1).reason = "a slip"
    assert sending.the_system(database).reason == ""


def test_a_statement_that_is_run_often_stays_prepared(database: db.Database) -> None:
    """Between looks and changes alike: psycopg forgets all of them at a rollback."""
    world.only(database, "postgresql")
    for _ in range(10):
        asked(database, "SELECT 41 + 1", writing=False)
        asked(database, "SELECT 42 + 1")
    said = asked(database, "SELECT string_agg(statement, ' ') FROM pg_prepared_statements")
    assert "41 + 1" in said
    assert "42 + 1" in said


def test_a_block_that_fails_leaves_nothing_behind(database: db.Database) -> None:
    def half_done() -> None:
        with database.write() as session:
            session.get_one(System, 1).reason = "half done"
            session.flush()
            raise RuntimeError("no further")

    with pytest.raises(RuntimeError):
        half_done()
    assert sending.the_system(database).reason == ""


def test_writers_at_once_lose_no_update(database: db.Database) -> None:
    start = threading.Barrier(4)

    def write(_: int) -> None:
        start.wait()
        for _ in range(10):
            with database.write() as session:
                row = session.execute(select(System).with_for_update()).scalar_one()
                row.clock_offset_us += 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert sending.the_system(database).clock_offset_us == 40


def test_a_reader_sees_only_what_was_committed(database: db.Database) -> None:
    with database.write() as writing:
        writing.get_one(System, 1).reason = "not yet"
        writing.flush()
        with database.read() as reading:
            assert reading.scalar(select(func.max(System.reason))) == ""
    assert sending.the_system(database).reason == "not yet"


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://quay:hidden@h/drip",
        "postgres://quay:hidden@h/drip",
        "postgresql://quay:hidden@h:port/drip",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_url_that_is_none_of_ours_is_refused_with_a_right_one_and_not_repeated(url: str) -> None:
    with pytest.raises(db.UnusableError, match=r"^DATABASE_URL cannot be used\. Write sqlite:") as refused:
        db.reachable(url)
    assert "hid" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://quay:hidden@127.0.0.1:1/drip", "nobody listens there"),
        ("postgresql://quay:hid@den@drip.invalid:1/drip", "its host is not known"),
        ("sqlite:////dev/null/drip.db", "unable to open database file"),
    ],
)
def test_a_database_that_is_away_is_one_clear_line_without_the_password(url: str, said: str) -> None:
    with pytest.raises(db.UnusableError, match=said) as refused:
        db.reachable(url)
    assert "den" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "drip.db").write_text("a letter to a friend, and no database at all" * 100)
    with pytest.raises(db.UnusableError, match="file is not a database"):
        db.reachable(f"sqlite:///{tmp_path / 'drip.db'}")


def test_a_mistake_of_ours_is_not_taken_for_an_outage(database: db.Database) -> None:
    with pytest.raises(IntegrityError), db.plainly(database), database.write() as session:
        session.execute(text("INSERT INTO system SELECT * FROM system"))


def test_of_two_who_wait_for_each_other_in_a_ring_the_one_who_is_ended_goes_on(database: db.Database) -> None:
    world.only(database, "postgresql")
    with database.write() as session:
        session.execute(text("CREATE TABLE two (id int PRIMARY KEY, n int)"))
        session.execute(text("INSERT INTO two VALUES (1, 0), (2, 0)"))
    both, tries = threading.Barrier(2), list[int]()

    def add(first: int) -> None:
        def do(session: Session) -> None:
            tries.append(first)
            session.execute(text("UPDATE two SET n = n + 1 WHERE id = :id"), {"id": first})
            if tries.count(first) == 1:
                both.wait(20)
            session.execute(text("UPDATE two SET n = n + 1 WHERE id = :id"), {"id": 3 - first})

        database.carry_through(do)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, (1, 2)))
    assert len(tries) >= 3  # whoever was ended may be quicker once more than the other is woken
    assert asked(database, "SELECT string_agg(n::text, ' ') FROM two") == "2 2"


def test_what_fails_for_another_reason_is_not_begun_again(database: db.Database) -> None:
    tries: list[int] = []

    def do(session: Session) -> None:
        tries.append(1)
        session.execute(text("SELECT nothing FROM nowhere"))

    with pytest.raises(DBAPIError):
        database.carry_through(do)
    assert tries == [1]


def test_a_connection_that_is_cut_while_nobody_uses_it_is_replaced_unnoticed(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(database, monkeypatch, asked_after=0.0)
    assert asked(database, "SELECT 42") == "42"


def test_one_that_is_cut_just_after_its_use_costs_one_transaction(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(database, monkeypatch, asked_after=1000.0)
    with pytest.raises(DBAPIError):
        asked(database, "SELECT 42")
    assert asked(database, "SELECT 42") == "42"


def cut_off(database: db.Database, monkeypatch: pytest.MonkeyPatch, *, asked_after: float) -> None:
    """From another connection, as a restart or a firewall would; a connection is asked after so many idle seconds."""
    world.only(database, "postgresql")
    monkeypatch.setattr(db, "IDLE_SECONDS", asked_after)
    backend, other = asked(database, "SELECT pg_backend_pid()"), db.Database(database.url.render_as_string(False))
    assert asked(other, f"SELECT pg_terminate_backend({backend}, 5000)") == "True"
    other.close()
