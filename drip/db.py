"""One database, two ways in: `read()` looks and cannot change, `write()` commits as a whole or not at all."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

POOL = 8


class Database:
    """Engines for one URL, shared by the threads of a process."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = _sqlite(url, writes=True) if self.is_sqlite else _postgresql(url)
        self._reader = _sqlite(url, writes=False) if self.is_sqlite else self._writer
        self._lock_path = Path(f"{self.url.database}.lock") if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only looks: on SQLite the connection itself refuses to write."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session
            session.expunge_all()  # what was read stays readable; a rollback would expire it

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises; durable once it returns."""
        with self._turn(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self._writer.dispose()
        self._reader.dispose()

    @property
    def engine(self) -> Engine:
        """The engine that writes, for migrations and for asking the database about itself."""
        return self._writer

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite's busy handler lets writers starve each other; waiting on a file lock takes turns."""
        if self._lock_path is None:
            yield
            return
        with self._lock_path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def insert(session: Session, table: type[DeclarativeBase]) -> postgresql.Insert:
    """An INSERT that knows ON CONFLICT; both dialects spell it alike, so one type stands for the two."""
    dialect = session.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)  # type: ignore[return-value]


def _postgresql(url: str) -> Engine:
    """READ COMMITTED: the gate reads after it has locked, so it sees every stop that committed before."""
    engine = create_engine(url, pool_size=POOL, max_overflow=POOL, pool_pre_ping=True)
    event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _record: object) -> None:
    """A gate that has committed must survive a crash of the server, whatever its defaults are."""
    connection.execute("SET synchronous_commit = on")
    connection.execute("SET timezone = 'UTC'")
    connection.commit()


def _sqlite(url: str, *, writes: bool) -> Engine:
    engine = create_engine(url, pool_size=POOL, max_overflow=POOL, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_writer if writes else _prepare_reader)
    event.listen(engine, "begin", _begin_immediate if writes else _begin_deferred)
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the begin event below says when and how a transaction starts
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=30000", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
