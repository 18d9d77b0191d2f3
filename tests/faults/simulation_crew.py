"""The processes of the simulation: the product's own Sender, and what schedulers and workers call, in one loop."""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from drip import config, db
from drip.engine.handoffs import hand_off
from drip.engine.replies import take_in, track
from drip.engine.sending import due, reconcile
from drip.engine.sending import send as sending
from drip.models import outbox, system
from drip.models.message import MessageKind
from drip.providers.sendgrid import events
from drip.providers.sendgrid import send as sendgrid
from tests.faults import simulation_oracle, simulation_provider, simulation_time

CHECK_INS = (MessageKind.check_in,)
PERSONAL = (MessageKind.answer, MessageKind.notice)
BATCH = 250
MOST_CLAIMED = 2000
KEY = b"a secret of the tests"

_T = TypeVar("_T")


class Killed(BaseException):
    """This process is no more; nothing of it may catch that."""


@dataclass
class Stage:
    """What all actors share."""

    settings: config.Settings
    database: db.Database
    loop: simulation_time.Loop
    clock: simulation_time.Clock
    chance: Random
    oracle: simulation_oracle.Oracle
    provider: simulation_provider.Provider
    bells: dict[tuple[MessageKind, ...], asyncio.Queue[str]] = field(default_factory=lambda: defaultdict(asyncio.Queue))
    post: list[dict[str, object]] = field(default_factory=list)  # events that the provider will report
    talk: float = 1.0
    is_over: Callable[[], bool] = lambda: False
    idle_since: float = 0.0

    def awake(self) -> None:
        """Something has happened: whoever looks for work looks often for a while."""
        self.idle_since = self.loop.seconds

    async def rest(self, shortest: float, longest: float) -> None:
        """The longer nothing happens, the longer."""
        await asyncio.sleep(min(max(shortest, (self.loop.seconds - self.idle_since) / 3), longest))

    def write(self, do: Callable[[Session], _T]) -> _T:
        """One transaction of somebody who never stalls in the midst of it: SQLite lets only one write at a time."""
        with self.database.write() as session:
            return do(session)

    def read(self, ask: Callable[[Session], _T]) -> _T:
        with self.database.read() as session:
            return ask(session)

    def ring(self, kinds: tuple[MessageKind, ...], token: str) -> None:
        """Redis: a bell may be lost, or ring twice."""
        for _ in range(self.chance.choices((0, 1, 2), (2, 95, 3))[0]):
            self.bells[kinds].put_nowait(token)


class Worker(sending.Sender):
    """The product's sender in the simulation's loop instead of a thread's; it can be frozen and killed at any await."""

    def __init__(self, stage: Stage, kinds: tuple[MessageKind, ...]) -> None:
        self.stage, self.kinds = stage, kinds
        self.dead, self.frozen_until = False, 0.0
        thread = SimpleNamespace(Thread=lambda **_: SimpleNamespace(start=lambda: None), Event=threading.Event)
        loop = SimpleNamespace(new_event_loop=lambda: SimpleNamespace(run_forever=None))
        client = simulation_provider.client(stage.provider, self)
        with simulation_time.swapped((sending, "threading", thread), (sending, "uvloop", loop),
                                     (sendgrid, "aiohttp", client)):  # fmt: skip
            super().__init__(stage.settings, stage.database)
        self.life = asyncio.ensure_future(self._live())

    def kill(self) -> None:
        """As kill -9: of what it has begun nothing goes on but bytes that have left."""
        self.dead = True
        for task in (self.life, self._passing, self._settling, *self._flights):
            if task is not None:
                task.cancel()

    async def thaw(self) -> None:
        """A stopped process goes on where it was."""
        if self.frozen_until > self.stage.loop.seconds:
            await asyncio.sleep(self.frozen_until - self.stage.loop.seconds)
        if self.dead:
            raise Killed

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Opening the client waits for nothing."""
        try:
            work.send(None)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        raise RuntimeError("A sender's opening waits for something.")

    async def _live(self) -> None:
        while True:
            token = await self.stage.bells[self.kinds].get()
            await self._take(token)

    async def _read(self, ask: Callable[[Session], _T]) -> _T:
        return await self._acted(self.stage.read, ask)

    async def _write(self, do: Callable[[Session], _T]) -> _T:
        return await self._acted(self.stage.write, do)

    async def _write_and_keep(self, do: Callable[[Session], _T]) -> tuple[_T, ExitStack]:
        """As on PostgreSQL: others may commit before the requests begin."""
        return await self._acted(self.stage.write, do), ExitStack()

    async def _acted(self, way: Callable[[Callable[[Session], _T]], _T], do: Callable[[Session], _T]) -> _T:
        """It may stall or die before a transaction and between the commit and whatever comes next."""
        await asyncio.sleep(self.stage.chance.random() * 0.004)
        await self.thaw()
        done = way(do)
        await self.thaw()
        return done


async def scheduler(stage: Stage, kinds: tuple[MessageKind, ...]) -> None:
    """As workers/scheduler.py ticks; where nothing is due less often than there, because looking costs real time."""
    while True:
        await stage.rest(0.5 + stage.chance.random(), 20.0)
        while stage.read(lambda session: _may_claim(session, kinds)):
            lease = stage.write(lambda session: due.claim(session, BATCH, stage.settings.lease_seconds, kinds))
            await asyncio.sleep(stage.chance.random() * 0.01)
            if lease is None:
                break
            stage.ring(kinds, lease.token)
            stage.awake()


def _may_claim(session: Session, kinds: tuple[MessageKind, ...]) -> bool:
    if outbox.claimed_count(session, system.now(session).real_at) >= MOST_CLAIMED:
        return False
    return due.is_waiting(session, kinds)


async def reconciler(stage: Stage) -> None:
    """As the scheduler's sweep."""
    while True:
        await stage.rest(5.0, 20.0)
        stage.write(lambda session: reconcile.reconcile(session, stage.settings.answer_seconds))
        stage.write(hand_off.wake)


async def clerk(stage: Stage) -> None:
    """The event webhook and its worker: what the provider reports comes late, shuffled and again."""
    while True:
        await stage.rest(1.0 + 2 * stage.chance.random(), 15.0)
        stage.chance.shuffle(stage.post)
        batch = [stage.post.pop() for _ in range(min(len(stage.post), 400))]
        if not batch and stage.chance.random() < 0.8:
            continue
        if batch:
            raw = json.dumps(batch).encode()
            stage.write(partial(take_in.store, came=events.read(raw)))
        while stage.write(lambda session: track.apply_waiting(session, KEY)) == track.PORTION:
            await asyncio.sleep(stage.chance.random())


class Nemesis:
    """Kills and freezes senders; a dead one has a successor soon."""

    def __init__(self, stage: Stage, crew: int) -> None:
        self.stage = stage
        self.workers = [Worker(stage, CHECK_INS) for _ in range(crew)] + [Worker(stage, PERSONAL)]

    def strike(self) -> None:
        """One sender, at some moment within the next second."""
        stage = self.stage
        hurt = self._kill if stage.chance.random() < 0.5 else self._freeze
        stage.loop.call_later(stage.chance.random(), hurt, stage.chance.randrange(len(self.workers)))

    def _kill(self, number: int) -> None:
        self.stage.oracle.figures["kills"] += 1
        self.workers[number].kill()
        self.stage.loop.call_later(1 + 4 * self.stage.chance.random(), self._follow, number)

    def _follow(self, number: int) -> None:
        if self.workers[number].dead:
            self.workers[number] = Worker(self.stage, self.workers[number].kinds)

    def _freeze(self, number: int) -> None:
        self.stage.oracle.figures["freezes"] += 1
        seconds = self.stage.chance.choice((0.5, 3, 20, 60, 120)) * (0.5 + self.stage.chance.random())
        self.workers[number].frozen_until = self.stage.loop.seconds + seconds

    async def rest(self) -> None:
        """No more harm; everybody lives."""
        for number, worker in enumerate(self.workers):
            worker.frozen_until = 0.0
            self._follow(number)


async def ended(tasks: list[asyncio.Future[Any]]) -> None:
    """End actors for good."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Killed):
            await task
