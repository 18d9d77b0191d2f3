"""What a storm has to strike with: processes, Redis, PostgreSQL, wires, the provider, its events, the clock, people."""

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from drip import db
from drip.models import system
from drip.models.customer import Customer
from drip.models.message import Message, MessageState
from tests import world
from tests.faults import fleet, grounds, house, proxy, stops
from tests.world import sending

WEIGHTS = {"kill": 6, "freeze": 4, "people stop": 6, "provider misbehaves": 3, "calm": 5}  # else 1
BROKEN = ("accept_then_hang", "accept_then_reset", "accept_then_500", "429", "500", "503", "401", "403", "slow",
          "reset")  # fmt: skip
ON_POSTGRESQL = ("database crashed", "database's connections cut", "database away")
MAY_HAVE_GOT = Message.state.in_((MessageState.accepted, MessageState.ambiguous))


@dataclass
class Storm:
    """Whom it strikes, and what it has to strike with."""

    ground: grounds.Grounds
    fleet: fleet.Fleet
    database: db.Database
    chance: random.Random
    wires: dict[str, proxy.Wire]
    customers: int
    day: int = 1
    stopped: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # by address: how, and committed by when
    people: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "people"))
    begun: list[Future[object]] = field(default_factory=list)  # what they do and have still to do, in this order

    @property
    def deeds(self) -> dict[str, Callable[[], object]]:
        return {
            "kill": lambda: self.fleet.kill(self.chance),
            "freeze": lambda: self.fleet.freeze(self.chance, self.chance.uniform(0.5, 3 * house.LEASE_SECONDS)),
            "flush": self.ground.flush,
            "redis killed": self._kill_redis,
            "database crashed": self._crash_database,
            "database's connections cut": lambda: self._cut("database"),
            "database away": lambda: self.wires["database"].go_away(self.chance.uniform(0.2, 3)),
            "provider's connections cut": lambda: self._cut("provider"),
            "provider away": lambda: self.wires["provider"].go_away(self.chance.uniform(0.2, 3)),
            "people stop": lambda: self._begin(self._stop_some),
            "provider misbehaves": self._misbehave,
            "events misbehave": self._muddle_events,
            "scheduler hired": self.fleet.hire_scheduler,
            "clock": lambda: self._begin(self._turn_clock),
            "calm": lambda: self.ground.misbehave(None),
        }

    def strike(self) -> str:
        """One deed; which."""
        deeds = self.deeds
        if self.ground.server is None:
            deeds = {name: deed for name, deed in deeds.items() if name not in ON_POSTGRESQL}
        name = self.chance.choices([*deeds], weights=[WEIGHTS.get(each, 1) for each in deeds])[0]
        deeds[name]()
        return name

    def patiently(self, deed: Callable[[], object]) -> None:
        """Have it done, and all that was begun before it, and see to the fleet meanwhile: what holds the lock that it
        waits for may be frozen, and only we thaw it. Raises what one of them raised."""
        self._begin(deed)
        while self.begun:
            self.fleet.tend()
            self._hear_of_ended()
            time.sleep(0.02)

    def _begin(self, deed: Callable[[], object]) -> None:
        """Nobody waits for what writes into SQL: on SQLite it waits for a process that is frozen inside a
        transaction. Raises what one that was begun earlier raised."""
        self._hear_of_ended()
        self.begun.append(self.people.submit(deed))

    def _hear_of_ended(self) -> None:
        while self.begun and self.begun[0].done():
            self.begun.pop(0).result()

    def _kill_redis(self) -> None:
        """What its file had not been given yet is gone."""
        cache = self.ground.cache
        assert cache.process is not None
        cache.process.kill()
        cache.process.wait()
        cache.start()

    def _crash_database(self) -> None:
        """PostgreSQL ends all connections and recovers from its log when one of its processes is killed."""
        with self.database.read() as session:
            os.kill(session.execute(text("SELECT pg_backend_pid()")).scalar_one(), signal.SIGKILL)
            time.sleep(0.2)
            session.invalidate()

    def _misbehave(self) -> None:
        self.ground.misbehave(self.chance.choice(BROKEN), share=self.chance.choice((0.02, 0.2, 1.0)), delay_ms=1500)

    def _muddle_events(self) -> None:
        told = {"duplicates": self.chance.choice((0, 3, 46)), "shuffle": True, "lose": self.chance.choice((0.0, 0.1))}
        self.ground.misbehave("events", delay_ms=self.chance.choice((0, 1000)), **told)

    def _turn_clock(self) -> None:
        """Another hour of the day, on its other side perhaps; now and then another day for a moment."""
        if self.chance.random() < 0.2:
            with self.database.write() as session:
                system.move_clock(session, timedelta(hours=self.chance.choice((-48, -1, 1, 48))))
            time.sleep(0.5)
        world.set_clock(self.database, sending.day(self.day, self.chance.randrange(10, 16)))

    def _cut(self, wire: str) -> None:
        self.wires[wire].cut(self.chance, self.chance.choice((0.3, 1.0)))

    def _stop_some(self) -> None:
        """A few customers want no more mail, each in a way of their own; they have had one."""
        for each in self._who_had_mail(most=6):
            kind = self.chance.choice([*stops.OF_ONE])
            stops.OF_ONE[kind](self.database, each)()
            self.stopped[each.email] = (kind, datetime.now(UTC))

    def _who_had_mail(self, most: int) -> list[stops.Target]:
        """Some of those who were not stopped yet."""
        first = self.chance.randrange(self.customers)
        known = Customer.id.between(first, first + most) & Customer.erased_at.is_(None)
        near = known & (Message.step == "hello") & MAY_HAVE_GOT
        return [each for each in stops.targets(self.database, near).values() if each.email not in self.stopped]
