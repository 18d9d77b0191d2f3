"""Many rows written in one go."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pydantic_core
from sqlalchemy import CursorResult, text
from sqlalchemy.orm import DeclarativeBase, Session

from drip.models import written
from drip.models.written import Column

FEW = 50  # rows; COPY and its savepoint are worth their round trips only above
_BLOCK = 100  # rows of one statement in SQLite, which takes 32,766 parameters; more gain nothing (measured)
_OR_NOT = "ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table, column by column. A column holds texts, words of a list, numbers, booleans, dates, aware
    instants, amounts or JSON objects, and None; defaults of the model don't apply."""

    table: type[DeclarativeBase]
    columns: Mapping[str, Column]

    @property
    def name(self) -> str:
        """The table's, in SQL."""
        return str(self.table.__tablename__)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def listed(
    table: type[DeclarativeBase],
    names: Sequence[str],
    each: Sequence[Sequence[object]],
    same: Mapping[str, object] = MappingProxyType({}),
) -> Rows:
    """Rows that are there one by one, each with a value for every name, and what is the `same` for all."""
    told = zip(*each, strict=True) if each else [()] * len(names)
    columns: dict[str, Column] = dict(zip(names, told, strict=True))
    return Rows(table, columns | {name: [value] * len(each) for name, value in same.items()})


def insert_new(session: Session, rows: Rows, *, by_copy: bool = True) -> int:
    """INSERT rows in their order; a row that breaks a UNIQUE is left out. How many were new. COPY is out of place where
    that is nothing rare: one such row makes it start again, row by row."""
    if not rows:
        return 0
    if by_copy and _copied(session, rows):
        return len(rows)
    return _insert(session, rows, _OR_NOT)


def insert_told(session: Session, rows: Rows, *, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The same; returns the ids of the rows that are new, by their `by` columns."""
    if not rows:
        return {}
    return _told_by_postgresql(session, rows, by) if _is_postgresql(session) else _told_by_sqlite(session, rows, by)


def upsert(session: Session, rows: Rows, *, key: Sequence[str], news: Sequence[str] = (), also: str = "") -> None:
    """The same, but where a row with these `key` columns (a UNIQUE) is there already, it gets the `news` columns, and
    what `also` (SQL assignments) says."""
    told = ", ".join([*(f"{name} = excluded.{name}" for name in news), *([also] if also else [])])
    if rows:
        _insert(session, rows, f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {told}")


def _told_by_postgresql(session: Session, rows: Rows, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    if len(rows) >= FEW:
        ids = session.connection().execute(_NEXT, {"name": rows.name, "many": len(rows)}).scalar_one()
        numbered = _numbered(rows, ids)
        if _copied(session, numbered):
            return _by_rest(numbered, by)
    found = _insert_recordset(session, rows, f"{_OR_NOT} RETURNING id, {', '.join(by)}").all()
    return {tuple(key): row_id for row_id, *key in found}


# OFFSET 0 keeps the name's lookup out of the loop, in which it takes longer than the numbers do.
_NEXT = text(
    "SELECT array_agg(nextval(found.sequence)) FROM generate_series(1, :many), "
    "(SELECT pg_get_serial_sequence(:name, 'id')::regclass AS sequence OFFSET 0) AS found"
)


def _told_by_sqlite(session: Session, rows: Rows, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Nobody else writes meanwhile, so the new ones are those above all that there were."""
    run = session.connection().exec_driver_sql
    newest = int(run(f"SELECT coalesce(max(id), 0) FROM {rows.name}").scalar_one())  # noqa: S608 (our own names)
    numbered = _numbered(rows, range(newest + 1, newest + 1 + len(rows)))
    if _insert(session, numbered, _OR_NOT) == len(rows):
        return _by_rest(numbered, by)
    found = run(f"SELECT id, {', '.join(by)} FROM {rows.name} WHERE id > ?", (newest,))  # noqa: S608
    return {tuple(key): row_id for row_id, *key in found}


def _numbered(rows: Rows, ids: Sequence[int]) -> Rows:
    return Rows(rows.table, {"id": ids, **rows.columns})


def _by_rest(rows: Rows, by: Sequence[str]) -> dict[tuple[Any, ...], Any]:
    return dict(zip(zip(*(rows.columns[name] for name in by), strict=True), rows.columns["id"], strict=True))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _copied(session: Session, rows: Rows) -> bool:
    """COPY, the cheapest way in; False where it does not apply, or a row breaks a UNIQUE and so all were left out."""
    if len(rows) < FEW or not _is_postgresql(session):
        return False
    from psycopg import errors, pq  # here, because each process on SQLite is six megabytes smaller without it

    driver: Any = session.connection().connection.driver_connection
    if driver.info.transaction_status == pq.TransactionStatus.IDLE:
        driver.execute("SELECT")  # begins our transaction; the driver's own would commit
    columns = {name: written.for_copy(values) for name, values in _said(rows)}
    content = "\n".join(map("\t".join, zip(*columns.values(), strict=True)))
    try:
        # A savepoint, as we are in a transaction; it costs a third of SQLAlchemy's.
        with driver.transaction(), driver.cursor().copy(f"COPY {rows.name} ({', '.join(columns)}) FROM STDIN") as copy:
            copy.write(content)
    except errors.UniqueViolation:
        return False
    return True


def _said(rows: Rows) -> Iterator[tuple[str, Column]]:
    """The columns that say anything; PostgreSQL leaves the others empty, since none has a default there."""
    return ((name, values) for name, values in rows.columns.items() if any(each is not None for each in values))


def _insert(session: Session, rows: Rows, on_conflict: str) -> int:
    """How many rows were written."""
    if _is_postgresql(session):
        return _insert_recordset(session, rows, on_conflict).rowcount
    return run_in_sqlite(session, f"{_into(rows)} {VALUES} {on_conflict}", rows)


def _into(rows: Rows) -> str:
    return f"INSERT INTO {rows.name} ({', '.join(rows.columns)})"


def _insert_recordset(session: Session, rows: Rows, on_conflict: str) -> CursorResult[*tuple[Any, ...]]:
    """PostgreSQL gives each value the type of the table's column. Pydantic's JSON knows instants and amounts, and is
    made three times as fast as Python's."""
    source = f"SELECT {', '.join(rows.columns)} FROM json_populate_recordset(NULL::{rows.name}, CAST(:rows AS json))"  # noqa: S608
    return session.connection().execute(text(f"{_into(rows)} {source} {on_conflict}"), {"rows": as_json(rows)})


def as_json(rows: Rows) -> str:
    """What PostgreSQL's json_populate_recordset reads."""
    each = zip(*rows.columns.values(), strict=True)
    return pydantic_core.to_json([dict(zip(rows.columns, row, strict=True)) for row in each]).decode()


def run_in_sqlite(session: Session, statement: str, rows: Rows) -> int:
    """Run a statement that says VALUES over all rows, a hundred at a time; how many rows it has changed.

    Not one at a time: at each statement SQLite's driver lets go of the interpreter, and has to wait for it wherever
    another thread has work. Not as JSON: SQLite takes five times as long to read that.
    """
    run, row = session.connection().exec_driver_sql, f"({', '.join('?' * len(rows.columns))})"
    told, changed = zip(*map(written.for_sqlite, rows.columns.values()), strict=True), 0
    while block := tuple(itertools.islice(told, _BLOCK)):
        whole = statement.replace(VALUES, f"{VALUES} {', '.join([row] * len(block))}")
        changed += run(whole, tuple(itertools.chain.from_iterable(block))).rowcount
    return changed


VALUES = "VALUES"
