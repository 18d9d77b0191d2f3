"""Many rows written in one go."""

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pydantic_core
from sqlalchemy import CursorResult, text
from sqlalchemy.orm import DeclarativeBase, Session

from drip.models import written

FEW = 50  # rows; COPY and its savepoint are worth their round trips only above
_BLOCK = 100  # rows of one statement in SQLite, which takes 32,766 parameters; more gain nothing (measured)
_OR_NOT = "ON CONFLICT DO NOTHING"
_Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table, which all have the same columns. Values are texts, words of a list, numbers, booleans, dates,
    aware instants, amounts, JSON objects and None; defaults of the model don't apply."""

    table: type[DeclarativeBase]
    columns: tuple[str, ...]
    values: Sequence[_Row]

    @property
    def name(self) -> str:
        """The table's, in SQL."""
        return str(self.table.__tablename__)

    def by_column(self) -> Iterator[tuple[object, ...]]:
        """Column by column, the values of all rows."""
        return zip(*self.values, strict=True)


def insert_new(session: Session, rows: Rows, *, by_copy: bool = True) -> int:
    """INSERT rows in their order; a row that breaks a UNIQUE is left out. How many were new. COPY is out of place where
    that is nothing rare: one such row makes it start again, row by row."""
    if not rows.values:
        return 0
    if by_copy and _copied(session, rows):
        return len(rows.values)
    return _insert(session, rows, _OR_NOT)


def insert_told(session: Session, rows: Rows, *, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The same; returns the ids of the rows that are new, by their `by` columns."""
    if not rows.values:
        return {}
    return _told_by_postgresql(session, rows, by) if _is_postgresql(session) else _told_by_sqlite(session, rows, by)


def upsert(session: Session, rows: Rows, *, key: Sequence[str], news: Sequence[str] = (), also: str = "") -> None:
    """The same, but where a row with these `key` columns (a UNIQUE) is there already, it gets the `news` columns, and
    what `also` (SQL assignments) says."""
    told = ", ".join([*(f"{name} = excluded.{name}" for name in news), *([also] if also else [])])
    if rows.values:
        _insert(session, rows, f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {told}")


def _told_by_postgresql(session: Session, rows: Rows, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    if len(rows.values) >= FEW:
        ids = session.connection().execute(_NEXT, {"name": rows.name, "many": len(rows.values)}).scalar_one()
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
    numbered = _numbered(rows, range(newest + 1, newest + 1 + len(rows.values)))
    if _insert(session, numbered, _OR_NOT) == len(rows.values):
        return _by_rest(numbered, by)
    found = run(f"SELECT id, {', '.join(by)} FROM {rows.name} WHERE id > ?", (newest,))  # noqa: S608
    return {tuple(key): row_id for row_id, *key in found}


def _numbered(rows: Rows, ids: Iterable[int]) -> Rows:
    numbered = [(row_id, *row) for row_id, row in zip(ids, rows.values, strict=True)]
    return Rows(rows.table, ("id", *rows.columns), numbered)


def _by_rest(rows: Rows, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    def column(name: str) -> Iterator[Any]:
        return map(operator.itemgetter(rows.columns.index(name)), rows.values)

    return dict(zip(zip(*map(column, by), strict=True), column("id"), strict=True))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _copied(session: Session, rows: Rows) -> bool:
    """COPY, the cheapest way in; False where it does not apply, or a row breaks a UNIQUE and so all were left out."""
    if len(rows.values) < FEW or not _is_postgresql(session):
        return False
    from psycopg import errors  # here, because each process on SQLite is six megabytes smaller without it

    connection, (columns, content) = session.connection(), _as_copied(rows)
    try:
        with connection.begin_nested():
            driver: Any = connection.connection.driver_connection
            with driver.cursor().copy(f"COPY {rows.name} ({', '.join(columns)}) FROM STDIN") as copy:
                copy.write(content)
    except errors.UniqueViolation:
        return False
    return True


def _as_copied(rows: Rows) -> tuple[list[str], str]:
    """The columns that say anything, and what: PostgreSQL leaves the others empty, since none has a default there."""
    told = zip(rows.columns, rows.by_column(), strict=True)
    columns = {name: written.for_copy(values) for name, values in told if _says_something(values)}
    return list(columns), "\n".join(map("\t".join, zip(*columns.values(), strict=True)))


def _says_something(values: Sequence[object]) -> bool:
    return any(value is not None for value in values)


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
    return pydantic_core.to_json([dict(zip(rows.columns, row, strict=True)) for row in rows.values]).decode()


def run_in_sqlite(session: Session, statement: str, rows: Rows) -> int:
    """Run a statement that says VALUES over all rows, a hundred at a time; how many rows it has changed.

    Not one at a time: at each statement SQLite's driver lets go of the interpreter, and has to wait for it wherever
    another thread has work. Not as JSON: SQLite takes five times as long to read that.
    """
    run, row = session.connection().exec_driver_sql, f"({', '.join('?' * len(rows.columns))})"
    told, changed = zip(*map(written.for_sqlite, rows.by_column()), strict=True), 0
    while block := tuple(itertools.islice(told, _BLOCK)):
        whole = statement.replace(VALUES, f"{VALUES} {', '.join([row] * len(block))}")
        changed += run(whole, tuple(itertools.chain.from_iterable(block))).rowcount
    return changed


VALUES = "VALUES"
