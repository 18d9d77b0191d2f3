"""A house for one trial, the same each time and made in milliseconds: its database goes back to a seed."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, make_url, text

from drip import config, db, schema
from drip.models import base
from tests import world
from tests.faults import forks
from tests.faults.grounds import Grounds

KEY = "a secret of the tests"
LEASE_SECONDS = 5
ANSWER_SECONDS = 5

Scene = Callable[[db.Database], None]


@dataclass(frozen=True)
class House:
    """A database that can be put back to its seed, on grounds that outlive it."""

    grounds: Grounds
    name: str
    database_url: str

    @property
    def environ(self) -> dict[str, str]:
        return {
            "DRIP_CONFIG": str(world.HERE / "config.toml"),
            "DRIP_DATA_DIR": str(self.grounds.folder / "var"),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.grounds.redis_url,
            "DRIP_SECRET_KEY": KEY,
            "DRIP_SANDBOX_PORT": str(self.grounds.sandbox_port),
            "DRIP_LEASE_SECONDS": str(LEASE_SECONDS),
            "DRIP_ANSWER_SECONDS": str(ANSWER_SECONDS),
        }

    def enter(self) -> None:
        """This process lives here now: it reads its settings from these variables, as any process of ours does."""
        os.environ.update(self.environ)

    def reset(self) -> None:
        """As it was when it was built; whoever still holds a connection loses it."""
        if self.grounds.kind == "sqlite":
            _copy(self._file("seed"), self._file("drip"))
        else:
            _restore(self.database_url)

    def _file(self, name: str) -> Path:
        return self.grounds.folder / f"{self.name}.{name}.db"


def build(grounds: Grounds, name: str, scene: Scene) -> House:
    """A migrated database with the small world published at START, and what the scene puts in it."""
    house = House(grounds, name, _url(grounds, name))
    ended = forks.run(lambda: _furnish(house.database_url, scene), grounds.log)
    assert not ended.trouble, ended.trouble
    if grounds.kind == "sqlite":
        _copy(house._file("drip"), house._file("seed"))
    else:
        _keep(house.database_url)
    return house


def settings(database: db.Database) -> config.Settings:
    """What the engine needs to be walked by hand, where nothing is really sent."""
    told = {"DRIP_SECRET_KEY": KEY, "DRIP_SANDBOX_PORT": "9", "DRIP_DATA_DIR": "/nonexistent"}
    return config.load(told | {"DATABASE_URL": database.url.render_as_string(hide_password=False)})


def _url(grounds: Grounds, name: str) -> str:
    if grounds.server is None:
        return f"sqlite:///{grounds.folder / f'{name}.drip.db'}"
    engine = create_engine(grounds.server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "faults_{name}"'))
    engine.dispose()
    return world.named(grounds.server, f"faults_{name}")


def _furnish(url: str, scene: Scene) -> None:
    database = db.Database(url)
    schema.upgrade(database)
    world.publish(database)
    world.set_clock(database, world.START)
    scene(database)
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    database.close()


def _copy(source: Path, target: Path) -> None:
    """A WAL of the last trial must not meet the database of the next."""
    for rest in ("-wal", "-shm"):
        Path(f"{target}{rest}").unlink(missing_ok=True)
    shutil.copyfile(source, target)


_TABLES = [table.name for table in base.Base.metadata.sorted_tables]
CLEARING = "aftermath"  # those who clear up between trials keep their connections, by this application_name
_OTHERS = ("FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
           f"AND application_name <> '{CLEARING}'")  # fmt: skip


def _keep(url: str) -> None:
    """The rows of every table, once more in a schema of their own."""
    connection = _raw(url)
    connection.execute("CREATE SCHEMA seed")
    for table in _TABLES:
        connection.execute(f'CREATE TABLE seed."{table}" AS TABLE public."{table}"')


def _restore(url: str) -> None:
    """Quicker by far than a database made from a template; what a killed process had begun ends first."""
    connection = _raw(url)
    connection.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}")
    while connection.execute(f"SELECT count(*) {_OTHERS}").fetchone() != (0,):
        time.sleep(0.001)
    connection.execute(_RESTORING)


_RESTORING = ";".join(
    ["BEGIN", "SET LOCAL session_replication_role = replica"]
    + [f'DELETE FROM public."{table}";'
       f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE SELECT * FROM seed."{table}"' for table in _TABLES]
    + ["COMMIT"]
)  # fmt: skip


@cache
def _raw(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """One for all trials; a child that inherits it dies without a word to it."""
    parts = make_url(url).set(drivername="postgresql")
    return psycopg.connect(parts.render_as_string(hide_password=False), autocommit=True)
