"""Many rows written in one go.

Hundreds of single parameters are typed, sent and parsed one by one, for longer than the statement itself takes.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pydantic_core
from sqlalchemy import CursorResult, text
from sqlalchemy.orm import DeclarativeBase, Session


def insert_new(session: Session, table: type[DeclarativeBase], rows: Sequence[Mapping[str, object]]) -> None:
    """INSERT rows that all have the same columns, in their order; a row that breaks a UNIQUE is left out.

    Values are texts, numbers, booleans, dates, aware instants, amounts and None; defaults of the model don't apply.
    """
    if rows:
        _insert(session, table.__tablename__, rows, "ON CONFLICT DO NOTHING")


def insert_told(
    session: Session, table: type[DeclarativeBase], rows: Sequence[Mapping[str, object]], *, by: Sequence[str]
) -> dict[tuple[str, ...], int]:
    """The same; returns the ids of the rows that are new, by their `by` columns. On SQLite they are those above all
    that there were, since nobody else writes meanwhile."""
    if not rows:
        return {}
    name, told = table.__tablename__, f"id, {', '.join(by)}"
    if _is_postgresql(session):
        return _by_rest(_insert(session, name, rows, f"ON CONFLICT DO NOTHING RETURNING {told}").all())
    run = session.connection().exec_driver_sql
    newest = run(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one()  # noqa: S608 (all three are our own names)
    _insert(session, name, rows, "ON CONFLICT DO NOTHING")
    return _by_rest(run(f"SELECT {told} FROM {name} WHERE id > ?", (newest,)).all())  # noqa: S608


def _by_rest(rows: Iterable[Sequence[Any]]) -> dict[tuple[str, ...], int]:
    return {tuple(key): found for found, *key in rows}


def upsert(
    session: Session,
    table: type[DeclarativeBase],
    rows: Sequence[Mapping[str, object]],
    *,
    key: Sequence[str],
    news: Sequence[str],
) -> None:
    """The same, but where a row with these `key` columns (a UNIQUE) is there already, it gets the `news` columns."""
    told = ", ".join(f"{name} = excluded.{name}" for name in news)
    if rows:
        _insert(session, table.__tablename__, rows, f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {told}")


def _insert(
    session: Session, name: str, rows: Sequence[Mapping[str, object]], on_conflict: str
) -> CursorResult[*tuple[Any, ...]]:
    into = f"INSERT INTO {name} ({', '.join(rows[0])})"
    write = _insert_recordset if _is_postgresql(session) else _insert_tuples
    return write(session, into, name, rows, on_conflict)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _insert_recordset(
    session: Session, into: str, name: str, rows: Sequence[Mapping[str, object]], on_conflict: str
) -> CursorResult[*tuple[Any, ...]]:
    """PostgreSQL gives each value the type of the table's column. Pydantic's JSON knows instants and amounts, and is
    made three times as fast as Python's."""
    source = f"SELECT {', '.join(rows[0])} FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json))"  # noqa: S608
    listed = pydantic_core.to_json(rows).decode()
    return session.connection().execute(text(f"{into} {source} {on_conflict}"), {"rows": listed})


def _insert_tuples(
    session: Session, into: str, _: str, rows: Sequence[Mapping[str, object]], on_conflict: str
) -> CursorResult[*tuple[Any, ...]]:
    """SQLite runs in our process: what costs is SQLAlchemy's work on each value, so the driver gets plain ones."""
    marks = ", ".join("?" * len(rows[0]))
    columns = zip(*(row.values() for row in rows), strict=True)
    plain = zip(*map(_plain, columns), strict=True)
    return session.connection().exec_driver_sql(f"{into} VALUES ({marks}) {on_conflict}", list(plain))


def _plain(column: Sequence[object]) -> Sequence[object]:
    """A column's values are of one type, or None."""
    kind = next((type(value) for value in column if value is not None), str)
    reader = _PLAIN.get(kind)
    return column if reader is None else [None if value is None else reader(value) for value in column]


@functools.lru_cache(maxsize=4096)
def _instant(value: datetime) -> str:
    """Without the "+00:00" at its end. Remembered, because rows of one call share their stamps."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:26]


# As SQLAlchemy's types store them in SQLite: UTC text with microseconds, amounts as numbers.
_PLAIN: dict[type, Callable[[Any], object]] = {datetime: _instant, Decimal: float, date: date.isoformat}
