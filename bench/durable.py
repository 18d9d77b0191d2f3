"""What a run made durable: commits and bytes, as the databases themselves count them."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from drip import db
from workers import children

_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
_LOGGED = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"


@dataclass(frozen=True, slots=True)
class Durable:
    """Commits that wrote something (on PostgreSQL: all), and bytes written to the write-ahead log."""

    commits: int
    bytes: int

    def since(self, earlier: "Durable") -> "Durable":
        return Durable(self.commits - earlier.commits, self.bytes - earlier.bytes)


def so_far(database: db.Database, crew: Sequence[children.Child]) -> Durable:
    """Up to now; on SQLite the bytes are those that these processes have written to files."""
    if database.is_sqlite:
        return Durable(_transactions(Path(f"{database.url.database}-shm")), sum(map(_written, crew)))
    with database.engine.connect() as connection:
        commits, logged = (connection.scalar(text(asked)) for asked in (_COMMITS, _LOGGED))
    return Durable(int(commits or 0), int(logged or 0))


def _transactions(index: Path) -> int:
    """`iChange`, the third number of the wal-index: "counter incremented each transaction" (SQLite's wal.c)."""
    return int(struct.unpack("=III", index.read_bytes()[:12])[2])


def _written(child: children.Child) -> int:
    assert child.process is not None
    lines = Path(f"/proc/{child.process.pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
