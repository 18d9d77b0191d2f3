"""Processes look where their database lives: a copied file, a copied cluster or an older state starts in HOLD."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from drip import clock, config, db, whereabouts
from drip.models import home
from drip.models.system import SystemState
from tests import world
from tests.world import sending
from workers import high_water, process


@pytest.fixture
def settings(tmp_path: Path, published_world: db.Database, database_url: str) -> config.Settings:
    published_world.close()
    return replace(world.settings(tmp_path, database_url), redis_url="redis://127.0.0.1:1/0")


def start(settings: config.Settings) -> SystemState:
    """What the system's state is once a process of ours has begun on this database."""
    database = db.Database(settings.database_url)
    process.arrive(settings, database)
    state = sending.the_system(database).state
    with database.write() as session:
        database_id, at = home.live_on(session)
    assert database_id is not None
    high_water.write(settings, database_id, at)
    database.close()
    return state


def copied(settings: config.Settings, folder: Path) -> config.Settings:
    """The same house on a copy of its database, as somebody makes one with `cp` or CREATE DATABASE ... TEMPLATE."""
    if settings.database_url.startswith("sqlite"):
        shutil.copy(settings.database_url.removeprefix("sqlite:///"), folder / "copy.db")
        return replace(settings, database_url=f"sqlite:///{folder / 'copy.db'}")
    url = make_url(settings.database_url)
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{url.database}_copy" TEMPLATE "{url.database}"'))
    engine.dispose()
    copy = url.set(database=f"{url.database}_copy")
    return replace(settings, database_url=copy.render_as_string(hide_password=False))


def test_a_database_starts_again_and_again_where_it_is(settings: config.Settings) -> None:
    assert [start(settings) for _ in range(3)] == [SystemState.running] * 3


def test_a_copied_database_starts_in_hold_and_the_first_goes_on(settings: config.Settings, tmp_path: Path) -> None:
    start(settings)
    assert start(copied(settings, tmp_path)) is SystemState.hold
    assert start(settings) is SystemState.running


def test_a_database_older_than_the_note_in_the_data_folder_starts_in_hold(settings: config.Settings) -> None:
    start(settings)
    database = db.Database(settings.database_url)
    with database.read() as session:
        row = session.get_one(home.Home, 1)
    database.close()
    assert row.database_id is not None
    high_water.write(settings, row.database_id, clock.now() + timedelta(seconds=1))
    assert start(settings) is SystemState.hold


def test_a_note_that_cannot_be_read_holds_nobody_up(settings: config.Settings) -> None:
    start(settings)
    (settings.data_dir / high_water.FILE).write_text("{")
    assert start(settings) is SystemState.running


def test_another_databases_note_is_not_ours(settings: config.Settings) -> None:
    start(settings)
    high_water.write(settings, "another", clock.now() + timedelta(days=1))
    assert start(settings) is SystemState.running


def test_a_server_that_took_over_under_the_same_name_is_noticed_with_the_next_connection(
    settings: config.Settings,
) -> None:
    database = db.Database(settings.database_url)
    moved: list[str] = []
    whereabouts.watch(database, "somewhere else", moved.append)
    with database.write() as session:
        home.lock(session)
    found = set(moved)
    assert found == {whereabouts.of(database)}
    database.close()
