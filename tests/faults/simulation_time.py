"""Time that passes only when everybody waits: an event loop without sockets, and the clocks that hang on it."""

import asyncio
import selectors
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

from sqlalchemy import event

from drip import clock, db, tokens

BEGINNING = datetime(2026, 1, 5, 12, tzinfo=UTC)


class _Leaping(selectors.SelectSelector):
    """Nobody waits for a socket: what the loop would sleep, its clock jumps."""

    loop: "Loop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Everybody waits, and nothing will ever happen.")
        self.loop.seconds += max(timeout, 0.0)
        return []


class Loop(asyncio.SelectorEventLoop):
    """An event loop in its own time; the same seed gives the same run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        leaping = _Leaping()
        leaping.loop = self
        super().__init__(leaping)

    def time(self) -> float:
        return self.seconds


class Clock:
    """Monotonic seconds of the loop; the wall clock of the database hangs on them and can be set wrong."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._wrong = timedelta()

    def monotonic(self) -> float:
        return self._loop.seconds

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self._loop.seconds) + self._wrong

    def jump(self, by: timedelta) -> None:
        """Somebody sets the database's clock."""
        self._wrong += by

    def strftime(self, form: str, when: str) -> str | None:
        """SQLite's function of that name, for the one use that the product makes of it."""
        at = self.now() if when == "now" else datetime.fromisoformat(when)
        return at.strftime(form.replace("%f", f"%S.{at.microsecond // 1000:03d}"))


def hang(database: db.Database, on: Clock) -> None:
    """Give a SQLite database this clock; and no fsync: nothing here dies but what runs inside the simulation."""

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.create_function("strftime", 2, on.strftime)
        connection.execute("PRAGMA synchronous=OFF")

    for engine in (database._writer, database._reader):
        event.listen(engine, "connect", connected)


@contextmanager
def swapped(*places: tuple[Any, str, object]) -> Iterator[None]:
    """Other things in these places (module, name, thing) until the block ends."""
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    try:
        for module, name, thing in places:
            setattr(module, name, thing)
        yield
    finally:
        for module, name, thing in reversed(before):
            setattr(module, name, thing)


@contextmanager
def ruled(by: Clock, chance: Random) -> Iterator[None]:
    """The product's clocks and its random ids come from here."""
    ticks = SimpleNamespace(time_ns=lambda: int(by.now().timestamp() * 1e9))
    dice = SimpleNamespace(randbits=chance.getrandbits, token_bytes=chance.randbytes)
    with swapped((clock, "now", by.now), (clock, "monotonic", by.monotonic),
                 (tokens, "time", ticks), (tokens, "secrets", dice)):  # fmt: skip
        yield
