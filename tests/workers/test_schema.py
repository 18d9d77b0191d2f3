"""A process and its database must be of one schema: what writes by other rules could lose something."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from drip import config, db
from tests import world
from tests.flows import living
from workers import heartbeat

PATIENCE_SECONDS = 30.0
ANOTHER = "another Drip's schema. Install one version everywhere, run its `drip status`, start again."


def moved_on(database: db.Database) -> None:
    """Somebody has upgraded it."""
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '20991231_later'"))


@pytest.fixture
def environ(tmp_path: Path, database_url: str) -> dict[str, str]:
    told = {"DATABASE_URL": database_url, "DRIP_DATA_DIR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:1/0"}
    return os.environ | told


def test_a_process_does_not_start_on_another_schema(published_world: db.Database, environ: dict[str, str]) -> None:
    moved_on(published_world)
    assert refused(environ).endswith(ANOTHER)


def test_a_process_does_not_start_where_nothing_was_set_up(environ: dict[str, str], tmp_path: Path) -> None:
    assert refused(environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}).endswith(ANOTHER)


def test_a_process_ends_in_order_once_its_database_has_been_upgraded(
    published_world: db.Database, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: asked.append((pid, number)))
    monkeypatch.setattr(heartbeat, "SECONDS", 0.01)
    heart = heartbeat.Heart(settings(tmp_path, database_url), published_world, "worker-send")
    heart.start()
    heart._thread.join(0.2)
    assert asked == []
    moved_on(published_world)
    heart._thread.join(PATIENCE_SECONDS)
    assert asked == [(os.getpid(), signal.SIGTERM)]
    heart.stop()


def settings(folder: Path, database_url: str) -> config.Settings:
    return replace(world.settings(folder, database_url), redis_url="redis://127.0.0.1:1/0")


def refused(environ: dict[str, str]) -> str:
    """What the scheduler says when it does not start: one line."""
    done = subprocess.run(
        [sys.executable, "-m", "workers.scheduler"],
        env=environ, cwd=living.ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    return done.stderr.strip()
