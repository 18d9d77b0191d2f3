"""The ceiling of an import: read the file with csv, write the very same rows in bulk, and do nothing else."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drip import db

# In the order of writing; which column says to which purchase (or, for customers, to whose) a row belongs.
TABLES = {"customers": "id", "purchases": "id", "promises": "purchase_id", "enrollments": "purchase_id"}
Row = tuple[Any, ...]
Piece = dict[str, list[Row]]


def taken_out(database: db.Database, batch: int) -> Sequence[Piece]:
    """All rows of an import, in pieces of so many purchases; the tables are empty afterwards."""
    rows = {name: _all(database, name) for name in TABLES}
    owner = {row["id"]: row["customer_id"] for row in rows["purchases"]}
    first_of: dict[int, int] = {}
    for number, purchase_id in enumerate(owner):
        first_of.setdefault(owner[purchase_id], number // batch)
    piece_of = {purchase_id: number // batch for number, purchase_id in enumerate(owner)}
    pieces: list[Piece] = [{name: [] for name in TABLES} for _ in range(-(-len(owner) // batch))]
    for name, key in TABLES.items():
        where = first_of if name == "customers" else piece_of
        for row in rows[name]:
            pieces[where[row[key]]][name].append(tuple(row.values()))
    with database.write() as session:
        for name in reversed(TABLES):
            session.connection().exec_driver_sql(f"DELETE FROM {name}")
    return pieces


def read_and_write(database: db.Database, path: Path, pieces: Sequence[Piece]) -> None:
    """One transaction a piece: COPY on PostgreSQL, executemany on SQLite."""
    with path.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    for piece in pieces:
        with database.write() as session:
            connection = session.connection().connection.driver_connection
            assert connection is not None
            for name, rows in piece.items():
                write(connection, database.is_sqlite, name, rows)


def write(connection: Any, is_sqlite: bool, name: str, rows: Sequence[Row]) -> None:
    """By the driver, in its quickest way."""
    if not rows:
        return
    if is_sqlite:
        connection.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        return
    with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _all(database: db.Database, name: str) -> list[dict[str, Any]]:
    with database.read() as session:
        found = session.connection().exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").mappings()
        return [dict(row) for row in found]
