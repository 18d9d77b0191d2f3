"""Webhook posts that have not been taken yet, kept in a small SQLite file so that a restart loses none."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from drip.sandbox import clock

SCHEMA = """
CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, content_type TEXT NOT NULL,
    body BLOB NOT NULL, weight INTEGER NOT NULL, made_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS announced (one INTEGER PRIMARY KEY CHECK (one = 1), mail_id TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Post:
    """`weight`: how many events or replies it carries. `made_at`: unix seconds."""

    id: int
    kind: str
    content_type: str
    body: bytes
    weight: int
    made_at: float


class Outbox:
    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")  # survives a killed process, which is what happens here
        self._database.executescript(SCHEMA)

    def add(
        self,
        kind: str,
        content_type: str,
        bodies: Iterable[tuple[bytes, int]],
        *,
        announced: str | None = None,
    ) -> list[Post]:
        """Keeps bodies, each with its weight, and the id of the last mail whose events they hold."""
        self._database.execute("BEGIN")
        posts = [self._insert(kind, content_type, body, weight) for body, weight in bodies]
        if announced is not None:
            self._database.execute("INSERT OR REPLACE INTO announced VALUES (1, ?)", (announced,))
        self._database.execute("COMMIT")
        return posts

    def _insert(self, kind: str, content_type: str, body: bytes, weight: int) -> Post:
        made_at = clock.unix()
        row = self._database.execute(
            "INSERT INTO post VALUES (NULL, ?, ?, ?, ?, ?) RETURNING id",
            (kind, content_type, body, weight, made_at),
        ).fetchone()
        return Post(row[0], kind, content_type, body, weight, made_at)

    def get(self, post_id: int) -> Post | None:
        row = self._database.execute("SELECT * FROM post WHERE id = ?", (post_id,)).fetchone()
        return Post(*row) if row else None

    def waiting(self, kind: str) -> Iterator[tuple[int, int]]:
        """(id, weight) of all that is left, oldest first."""
        yield from self._database.execute("SELECT id, weight FROM post WHERE kind = ? ORDER BY id", (kind,)).fetchall()

    def remove(self, post_id: int) -> None:
        self._database.execute("DELETE FROM post WHERE id = ?", (post_id,))

    def announced(self) -> str | None:
        """The id of the last mail whose events are in posts."""
        row = self._database.execute("SELECT mail_id FROM announced").fetchone()
        return str(row[0]) if row else None

    def close(self) -> None:
        self._database.close()
