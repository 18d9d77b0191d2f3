"""The ceiling of sending with books: the same client posts the same bodies, and the driver writes the very same rows
before and after, a group in a transaction as the gate does. Nothing is claimed, judged, rendered or kept in a queue."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

import uvloop

from bench import bare, ceiling
from drip import db
from drip.engine.sending import flight, send
from drip.providers.sendgrid import send as sendgrid

Row = tuple[Any, ...]
MOVED = ("next_step", "planned_at", "next_due_at", "id")  # of an enrollment
LANDED = ("provider_id", "settled_at", "state", "id")  # of a message


@dataclass(frozen=True)
class Group:
    """What one gate's messages leave behind: rows to insert (the messages as they are while in the air), rows to move,
    rows to settle once the answers are there."""

    messages: list[Row]
    days: list[Row]
    moves: list[Row]
    landed: list[Row]


_Flying = deque[tuple[Group, "asyncio.Future[list[sendgrid.Outcome]]"]]


def taken_out(database: db.Database) -> list[Group]:
    """Everything that a run has written, in groups of a gate; the messages are gone afterwards."""
    with database.write() as session:
        run = session.connection().exec_driver_sql
        messages = run(f"SELECT {', '.join(_columns(database, 'messages'))} FROM messages ORDER BY id").mappings().all()
        moves = {row["id"]: tuple(row[name] for name in MOVED) for row in run("SELECT * FROM enrollments").mappings()}
        days = {row[0]: tuple(row) for row in run("SELECT * FROM contact_days")}
        run("DELETE FROM contact_days")
        run("DELETE FROM messages")
    size = send.group(database)
    return [_group(messages[start : start + size], moves, days) for start in range(0, len(messages), size)]


def mails_a_second(
    database: db.Database, host: str, bodies: Sequence[bytes], groups: Sequence[Group], processes: int
) -> float:
    """All groups from so many processes at once, until the last answer is settled."""
    url = database.url.render_as_string(hide_password=False)
    shares = [(url, host, bodies, groups[first::processes]) for first in range(processes)]
    return sum(len(group.messages) for group in groups) / ceiling.seconds(_work, shares)


def _group(messages: Sequence[Any], moves: dict[int, Row], days: dict[int, Row]) -> Group:
    in_the_air = {"state": "handed", "provider_id": None, "settled_at": None}
    return Group(
        messages=[tuple({**row, **in_the_air}.values()) for row in messages],
        days=[days[row["customer_id"]] for row in messages],
        moves=[moves[row["enrollment_id"]] for row in messages],
        landed=[tuple(row[name] for name in LANDED) for row in messages],
    )


def _columns(database: db.Database, table: str) -> Iterator[str]:
    """All columns, JSON as its text."""
    with database.read() as session:
        found = session.connection().exec_driver_sql(f"SELECT * FROM {table} LIMIT 0").keys()
    as_text = "CAST({0} AS text) AS {0}"
    return (as_text.format(name) if name in ("context", "letter") else name for name in list(found))


def _work(url: str, host: str, bodies: Sequence[bytes], groups: Sequence[Group], ready: Barrier) -> None:
    database = db.Database(url)
    ready.wait()
    uvloop.run(_send(database, host, bodies, groups))
    database.close()


async def _send(database: db.Database, host: str, bodies: Sequence[bytes], groups: Sequence[Group]) -> None:
    provider = sendgrid.SendGrid(host, "bench", connections=flight.IN_FLIGHT, answer_seconds=30)
    flying: _Flying = deque()
    for group in groups:
        landed = await _landed(flying, flight.IN_FLIGHT // send.group(database) - 1)
        await asyncio.to_thread(_write, database, group, landed)
        posts = (provider.post(body, sendgrid.Clearance(time.monotonic())) for body in _some(bodies, group))
        flying.append((group, asyncio.gather(*posts)))
    await asyncio.to_thread(_write, database, None, await _landed(flying, 0))
    await provider.close()


async def _landed(flying: _Flying, room: int) -> list[Group]:
    """Those whose answers are there, and so many that no more than `room` are left in the air."""
    found = []
    while flying and (len(flying) > room or flying[0][1].done()):
        group, posts = flying.popleft()
        assert all(outcome.result is sendgrid.Result.accepted for outcome in await posts)
        found.append(group)
    return found


def _some(bodies: Sequence[bytes], group: Group) -> Iterator[bytes]:
    return itertools.islice(itertools.cycle(bodies), len(group.messages))


def _write(database: db.Database, group: Group | None, landed: Sequence[Group]) -> None:
    with database.write() as session:
        connection: Any = session.connection().connection.driver_connection
        if group is not None:
            bare.write(connection, database.is_sqlite, "messages", group.messages)
            bare.write(connection, database.is_sqlite, "contact_days", group.days)
            _change(connection, database.is_sqlite, "enrollments", MOVED, group.moves)
        for done in landed:
            _change(connection, database.is_sqlite, "messages", LANDED, done.landed)


def _change(connection: Any, is_sqlite: bool, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    place = "?" if is_sqlite else "%s"
    told = ", ".join(f"{name} = {place}" for name in columns[:-1])
    statement = f"UPDATE {table} SET {told} WHERE {columns[-1]} = {place}"
    (connection if is_sqlite else connection.cursor()).executemany(statement, rows)
