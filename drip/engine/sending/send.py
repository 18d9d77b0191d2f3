"""SEND: draft, gate, hand, settle, as one stream; one loop and its connections outlive all jobs of a worker.

The send path commits for itself, at the gate and at each settlement, because a request must never be inside a
transaction and must never start before its gate has committed.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TypeVar

import uvloop
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from drip import clock, config, db, logs
from drip.engine.sending import draft as drafting
from drip.engine.sending import due, flight, gate, landing, personal, settle
from drip.models import system
from drip.providers.sendgrid import send as sendgrid

GROUP, LARGER_GROUP = 28, 64  # messages in one gate, which costs little more than one message's
QUIET_SECONDS = 0.05  # at most, for which drafts wait while a gate looks or requests start

log = logging.getLogger("drip.send")


def group(database: db.Database) -> int:
    """How many messages go through one gate. The last of them begin the later the more they are, which on PostgreSQL
    is time for a stop to come; on SQLite stops wait until all have begun."""
    return LARGER_GROUP if database.is_sqlite else GROUP


_T = TypeVar("_T")
_D = TypeVar("_D", drafting.Draft, personal.PersonalDraft)
_Gate = Callable[[Session, config.Settings, Sequence[_D]], list[gate.Handed]]


class Sender:
    """One worker's way out. A batch is drafted while the one before it passes the gate, because a gate mostly waits for
    the disk; answers are settled as they come."""

    def __init__(self, settings: config.Settings, database: db.Database) -> None:
        self._settings = settings
        self._database = database
        self._group = group(database)
        self._quiet = threading.Event()
        self._quiet.set()
        self._desk = drafting.Desk(settings, settings.secret_key(), lambda: self._quiet.wait(QUIET_SECONDS))
        self._passing: asyncio.Task[SQLAlchemyError | None] | None = None  # the batch that is at the gate
        self._flights: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sender", daemon=True)
        self._thread.start()
        self._run(self._open())

    def take(self, lease_token: str) -> None:
        """Draft the batch behind a lease and let it follow the one before it through the gate, once that has passed;
        harmless when it is empty, done or somebody else's."""
        self._run(self._take(lease_token))

    def send(self, lease_token: str) -> None:
        """The same, until it has passed the gate itself; raises what went wrong there."""
        self._run(self._send(lease_token))

    def stop(self) -> None:
        """Gate nothing more: what is still claimed goes back to the queue. May be called from a signal handler."""
        self._stopping = True

    def close(self) -> None:
        """Wait until everything in flight has been settled, then stop."""
        self._run(self._drain())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[None, None, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        self._provider = sendgrid.SendGrid(
            self._settings.api_host,
            self._settings.api_key,
            connections=flight.IN_FLIGHT,
            answer_seconds=self._settings.answer_seconds,
        )
        self._landing = landing.Landing(self._write, self._flights)
        self._runway = flight.Runway(self._provider.post, self._flights, self._landing.add)
        self._settling = asyncio.create_task(self._landing.settle_until_closed())
        self._settling.add_done_callback(_end_if_broken)

    async def _send(self, lease_token: str) -> None:
        if trouble := await (await self._take(lease_token)):
            raise trouble

    async def _take(self, lease_token: str) -> asyncio.Task[SQLAlchemyError | None]:
        self._landing.batches += 1
        try:
            drafts = await self._read(lambda session: _drafted(session, self._desk, lease_token, self._settings))
            if self._passing is not None:
                await asyncio.wait([self._passing])
        except BaseException:
            self._passed()
            raise
        self._passing = asyncio.create_task(self._pass(lease_token, drafts))
        return self._passing

    async def _pass(self, lease_token: str, drafts: "_Drafted") -> SQLAlchemyError | None:
        """A batch holds check-ins, or answers and notices: each kind has a gate of its own. Returns what went wrong:
        what has not passed is claimed anew when its lease has lapsed."""
        try:
            await self._through(lease_token, drafts.kept_at, drafts.check_ins, gate.gate)
            await self._through(lease_token, drafts.kept_at, drafts.letters, personal.gate)
            return None
        except SQLAlchemyError as trouble:
            log.warning(logs.line("batch.lapses", lease=lease_token, error=type(trouble).__name__))
            return trouble
        finally:
            self._passed()

    def _passed(self) -> None:
        self._landing.batches -= 1
        self._landing.look()

    async def _through(self, lease_token: str, kept_at: float, drafts: Sequence[_D], look: _Gate[_D]) -> None:
        for start in range(0, len(drafts), self._group):
            await self._runway.wait_for_room(self._group)
            if self._stopping:
                await self._write(lambda session: due.give_back(session, lease_token))
                return
            if clock.monotonic() - kept_at > self._settings.lease_seconds / 3:
                await self._write(lambda session: due.renew(session, lease_token, self._settings.lease_seconds))
                kept_at = clock.monotonic()
            await self._gate(drafts[start : start + self._group], look)

    async def _gate(self, drafts: Sequence[_D], look: _Gate[_D]) -> None:
        ready, began = await self._runway.prepare(drafts), clock.monotonic()
        landed = self._landing.plain()
        try:
            turn, ours = await self._write_and_keep(lambda session: self._turn(session, drafts, look, landed))
        except BaseException:
            self._landing.put_back(landed)
            self._runway.stay(ready)
            raise
        if turn.settled:
            self._landing.went_along(turn.settled)
        else:
            self._landing.put_back(landed)
        with ours:
            await self._start(turn, ready)
        self._runway.learn(len(turn.handed) / len(drafts), clock.monotonic() - began)

    async def _start(self, turn: "_Turn", ready: flight.Ready) -> None:
        """A stop may come right now: the first bytes of all leave before the next gate and the next draft."""
        self._quiet.clear()
        headers = ((each, self._headers(turn.business_at, each.zone_name)) for each in turn.handed)
        await self._runway.start(list(headers), ready)
        self._quiet.set()

    def _turn(
        self, session: Session, drafts: Sequence[_D], look: _Gate[_D], landed: Sequence[settle.Settlement]
    ) -> "_Turn":
        """One transaction, because each costs a durable commit: what has landed is settled with the next gate. Drafts
        wait until it commits, because it holds locks that others wait for."""
        self._quiet.clear()
        try:
            handed = look(session, self._settings, drafts)
            business_at = system.moment(session).now.business_at.isoformat() if self._settings.own_sandbox else ""
            return _Turn(handed, business_at, settle.along(session, landed))
        finally:
            self._quiet.set()

    def _headers(self, business_at: str, zone_name: str) -> dict[str, str]:
        """The sandbox shows business time on the customer's clock; a real provider learns nothing of either."""
        if not self._settings.own_sandbox:
            return {}
        return {"X-Drip-Business-Time": business_at, "X-Drip-Time-Zone": zone_name}

    async def _drain(self) -> None:
        """Never cancels a settlement: what is known of a message would be lost with it."""
        if self._passing is not None:
            await asyncio.wait([self._passing])
        while self._flights:
            await asyncio.wait(self._flights)
        self._landing.close()
        await self._settling
        await self._provider.close()

    async def _read(self, ask: Callable[[Session], _T]) -> _T:
        return await asyncio.to_thread(_in, self._database.read, ask)

    async def _write(self, do: Callable[[Session], _T]) -> _T:
        return await asyncio.to_thread(_in, self._database.write, do)

    async def _write_and_keep(self, do: Callable[[Session], _T]) -> tuple[_T, ExitStack]:
        """The same, and the turn to write is still ours: on SQLite no stop commits before the requests that have their
        connections have begun."""
        return await asyncio.to_thread(_in_turn, self._database, do)


@dataclass(frozen=True, slots=True)
class _Drafted:
    """What is still claimed under one lease, and when (monotonic) that was last made whole."""

    check_ins: list[drafting.Draft]
    letters: list[personal.PersonalDraft]
    kept_at: float


def _drafted(session: Session, desk: drafting.Desk, lease_token: str, settings: config.Settings) -> _Drafted:
    """Nothing of a batch that has lapsed: that work would be lost, and where much lapses nothing else would be done."""
    left = due.time_left(session, lease_token).total_seconds()
    kept_at = clock.monotonic() - (settings.lease_seconds - left)
    if not left:
        return _Drafted([], [], kept_at)
    return _Drafted(drafting.drafts(session, desk, lease_token), personal.drafts(session, desk, lease_token), kept_at)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one transaction has handed out, at what business time, and how many results it has settled."""

    handed: list[gate.Handed]
    business_at: str
    settled: int


def _in(room: Callable[[], AbstractContextManager[Session]], do: Callable[[Session], _T]) -> _T:
    with room() as session:
        return do(session)


def _in_turn(database: db.Database, do: Callable[[Session], _T]) -> tuple[_T, ExitStack]:
    with ExitStack() as ours:
        ours.enter_context(database.turn())
        with database.write(in_turn=True) as session:
            done = do(session)
        return done, ours.pop_all()


def _end_if_broken(settling: asyncio.Task[None]) -> None:
    """A worker that cannot write down results must not hand anything: what is in the air becomes ambiguous."""
    if not settling.cancelled() and settling.exception() is not None:
        log.critical(logs.line("settle.broken", error=repr(settling.exception())))
        os._exit(70)
