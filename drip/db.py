"""One database, two ways in: `read()` looks and cannot change, `write()` commits as a whole or not at all."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Dialect, Engine, PoolProxiedConnection, create_engine, event, exc, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

from drip import clock, errors

_T = TypeVar("_T")

POOL = 8
MOST_RINGS = 3  # transactions in a row that end because two waited for each other
RING_PAUSE_SECONDS = 0.05
RING = "40P01"  # PostgreSQL's deadlock_detected
IDLE_SECONDS = 1.0  # after which a connection is asked whether it still stands
CONNECT_SECONDS = 10  # else a host that swallows packets keeps a command waiting for minutes
DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})
UNREADABLE = (
    "DATABASE_URL cannot be used. Write sqlite:////folder/drip.db or postgresql://user:password@host:5432/name, "
    "with %40 for an @ and %2F for a / in the password."
)
# What PostgreSQL's driver says and what it means. Its own words are not shown: they can hold a piece of the password.
MEANINGS = {
    "connection refused": "nobody listens there",
    "password": "it refuses this user or password",
    "authentication": "it refuses this user or password",
    "does not exist": "it has no such database or user",
    "resolve": "its host is not known",
    "no such file": "nobody listens there",
    "timeout": "it takes too long to answer",
    "too many": "it has no connection to spare",
    "read-only": "it takes no writes",
}


class UnusableError(errors.DripError):
    """DATABASE_URL cannot be read, or the database there cannot be used."""


class Database:
    """Engines for one URL, shared by the threads of a process; raises UnusableError for a URL that is none."""

    def __init__(self, url: str) -> None:
        self.url = _readable(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = _sqlite(self.url, writes=True) if self.is_sqlite else _postgresql(self.url)
        self._reader = _sqlite(self.url, writes=False) if self.is_sqlite else _only_reading(self._writer)
        self._lock_path = Path(f"{self.url.database}.lock") if self.is_sqlite else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only looks: the connection itself refuses to write and to lock."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session
            session.expunge_all()  # what was read stays readable; a rollback would expire it
            session.commit()  # nothing was written; but at a rollback psycopg forgets all that it has prepared

    @contextmanager
    def write(self, *, in_turn: bool = False, durable: bool = True) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises; durable once it returns. `in_turn`:
        the caller has the turn already. Without `durable` a crash of PostgreSQL may take back the last half second or
        so of such transactions, but none that a durable one has come after: its log is written in order."""
        turn = nullcontext() if in_turn else self.turn()
        with turn, Session(self._writer, expire_on_commit=False) as session, session.begin():
            if not (durable or self.is_sqlite):
                session.connection().exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield session

    def carry_through(self, do: Callable[[Session], _T]) -> _T:
        """The same for one piece of work, anew when PostgreSQL has ended it because two waited for each other in a
        ring: whoever it chooses has written nothing, and the other goes on."""
        for _ in range(MOST_RINGS - 1):
            try:
                with self.write() as session:
                    return do(session)
            except exc.OperationalError as trouble:
                if getattr(trouble.orig, "sqlstate", None) != RING:
                    raise
            time.sleep(RING_PAUSE_SECONDS)  # the other has to wake up before it can go on; at once it'd be a ring again
        with self.write() as session:
            return do(session)

    def close(self) -> None:
        """Give the connections back."""
        self._writer.dispose()
        self._reader.dispose()

    @property
    def engine(self) -> Engine:
        """The engine that writes, for migrations and for asking the database about itself."""
        return self._writer

    @contextmanager
    def turn(self) -> Iterator[None]:
        """SQLite's busy handler lets writers starve each other; waiting on a file lock takes turns. Nobody commits but
        whoever has it. Nothing on PostgreSQL."""
        if self._lock_path is None:
            yield
            return
        with self._lock_path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def reachable(url: str) -> Database:
    """The database at `url`, once it has answered; raises UnusableError, which says what to do and no password."""
    database = Database(url)
    with plainly(database), database.engine.connect():
        return database


@contextmanager
def plainly(database: Database) -> Iterator[None]:
    """Say in one line, as UnusableError, that the database has gone away, is full, or is none."""
    try:
        yield
    except exc.DBAPIError as trouble:
        if isinstance(trouble, exc.OperationalError) or type(trouble) is exc.DatabaseError:
            raise UnusableError(_in_words(database, trouble)) from None
        raise


def insert(session: Session, table: type[DeclarativeBase]) -> postgresql.Insert:
    """An INSERT that knows ON CONFLICT; both dialects spell it alike, so one type stands for the two."""
    return inserts(table)[session.get_bind().dialect.name]


def inserts(table: type[DeclarativeBase]) -> dict[str, postgresql.Insert]:
    """The same by dialect, for statements that are built once."""
    return {"postgresql": postgresql.insert(table), "sqlite": sqlite.insert(table)}  # type: ignore[dict-item]


def _readable(url: str) -> URL:
    """The parser's own errors are not shown: they can hold a piece of the password."""
    try:
        found = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise UnusableError(UNREADABLE) from None
    if found.drivername not in DRIVERS or found.database in (None, "", ":memory:"):
        raise UnusableError(UNREADABLE)
    return found


def _in_words(database: Database, trouble: exc.DBAPIError) -> str:
    said = str(trouble.orig).partition("\n")[0]
    if database.is_sqlite:
        return f"The database {database.url.database} cannot be used: {said}. Mend that, or set DATABASE_URL."
    why = next((words for needle, words in MEANINGS.items() if needle in said.lower()), type(trouble.orig).__name__)
    return f"The PostgreSQL of DATABASE_URL cannot be used: {why}. Start it, or correct DATABASE_URL."


def _postgresql(url: URL) -> Engine:
    """READ COMMITTED: the gate reads after it has locked, so it sees every stop that committed before."""
    wait = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
    engine = create_engine(url, pool_size=POOL, max_overflow=POOL, connect_args=wait)
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "checkin", _used)
    event.listen(engine, "checkout", _ask_the_idle(engine.dialect))
    return engine


def _used(_connection: object, record: PoolProxiedConnection) -> None:
    record.info["used"] = clock.monotonic()


def _ask_the_idle(dialect: Dialect) -> Callable[[Any, Any, Any], None]:
    """Whether a connection still stands is asked where nobody has used it of late. Asked each time, as SQLAlchemy's
    pre-ping does, it took a sixth of a short transaction."""

    def ask(connection: Any, record: PoolProxiedConnection, _fairy: object) -> None:
        if clock.monotonic() - record.info.get("used", clock.monotonic()) < IDLE_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            raise exc.InvalidatePoolError from None

    return ask


def _only_reading(engine: Engine) -> Engine:
    """The same connections, on which a transaction begins as READ ONLY."""
    return engine.execution_options(postgresql_readonly=True)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """A gate that has committed must survive a crash of the server, whatever its defaults are. And its default for what
    a page out of order costs is a spinning disk's: it read whole tables for the forty rows of a gate."""
    for setting in ("synchronous_commit = on", "timezone = 'UTC'", "random_page_cost = 1.1"):
        connection.execute(f"SET {setting}")
    connection.commit()


def _sqlite(url: URL, *, writes: bool) -> Engine:
    engine = create_engine(url, pool_size=POOL, max_overflow=POOL, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_writer if writes else _prepare_reader)
    event.listen(engine, "begin", _begin_immediate if writes else _begin_deferred)
    return engine


def _prepare_writer(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the begin event below says when and how a transaction starts
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")
    # What a statement over many rows keeps for taking itself back need not go to a file: it was a quarter of all bytes.
    for pragma in (*pragmas, "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("busy_timeout=30000", "query_only=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
