"""F2: a whole fleet sends to thousands while, for minutes, everything happens to it that can; then the oracle is asked.

`python -m tests.faults.nemesis --database sqlite --minutes 3 --seed 7 --customers 5000`
"""

import argparse
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from drip import db
from drip.engine.purchases import intake, purchase_in
from drip.engine.sending import stop_all
from drip.models import system
from drip.models.message import Message, MessageState
from tests import sandbox_process, world
from tests.faults import fleet, grounds, house, oracle, roles, scenes
from tests.world import sending

RECOVERY_SECONDS = 240.0
WEIGHTS = {"kill": 8, "freeze": 4, "flush": 2, "provider misbehaves": 3, "events misbehave": 2, "calm": 3}  # else 1
BROKEN = ("accept_then_hang", "accept_then_reset", "accept_then_500", "429", "500", "503", "401", "slow", "reset")


@dataclass
class Figures:
    """What was done and found."""

    database: str
    seed: int
    seconds: float = 0.0
    deeds: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    ambiguous: int = 0
    breaches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = ", ".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        return (
            f"storm {self.seed} on {self.database}: {self.seconds:.0f} s, {done}; {self.accepted} mails accepted, "
            f"{self.ambiguous} unknown before their events, {len(self.breaches)} breaches"
        )


@dataclass
class Storm:
    """Whom it strikes, and what it has to strike with."""

    ground: grounds.Grounds
    fleet: fleet.Fleet
    database: db.Database
    chance: random.Random

    @property
    def deeds(self) -> dict[str, Callable[[], object]]:
        return {
            "kill": lambda: self.fleet.kill(self.chance),
            "freeze": lambda: self.fleet.freeze(self.chance, self.chance.uniform(0.5, 3 * house.LEASE_SECONDS)),
            "flush": self.ground.flush,
            "redis killed": self._kill_redis,
            "database crashed": self._crash_database,
            "provider misbehaves": self._misbehave,
            "events misbehave": self._muddle_events,
            "scheduler hired": self.fleet.hire_scheduler,
            "clock": self._turn_clock,
            "calm": lambda: self.ground.misbehave(None),
        }

    def strike(self) -> str:
        """One deed; which."""
        deeds = self.deeds
        if self.ground.server is None:
            del deeds["database crashed"]
        name = self.chance.choices([*deeds], weights=[WEIGHTS.get(each, 1) for each in deeds])[0]
        deeds[name]()
        return name

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
        hours = timedelta(hours=self.chance.uniform(-1, 2))
        with self.database.write() as session:
            system.move_clock(session, hours)


def rage(kind: str, seed: int, minutes: float, customers: int) -> Figures:
    """One storm, its end, and what is true then."""
    figures, started = Figures(kind, seed), time.monotonic()
    with _alive(kind, seed, customers) as storm:
        _strike_until(storm, figures, started + minutes * 30)
        _set_clock(storm, day=7, hour=11)
        _strike_until(storm, figures, started + minutes * 60)
        _let_recover(storm, figures)
    figures.seconds = time.monotonic() - started
    return figures


@contextmanager
def _alive(kind: str, seed: int, customers: int) -> Iterator[Storm]:
    web_port = sandbox_process.free_port()
    with grounds.opened(kind, f"http://127.0.0.1:{web_port}") as ground:
        built = house.build(ground, "storm", lambda database: _sell(database, customers))
        crew = fleet.Fleet.of(built, web_port)
        built.enter()
        database = db.Database(built.database_url)
        try:
            yield Storm(ground, crew, database, random.Random(seed))
        finally:
            crew.go_home()
            database.close()


def _sell(database: db.Database, customers: int) -> None:
    world.set_clock(database, sending.day(1, hour=11))
    for first in range(0, customers, 500):
        with database.write() as session:
            intake.record(session, [_bought(n) for n in range(first, min(first + 500, customers))], key=b"storm")


def _bought(number: int) -> purchase_in.PurchaseIn:
    bought = (world.START - timedelta(days=1)).isoformat()
    return purchase_in.parse({
        "source": "storm", "external_id": f"S{number}", "purchased_at": bought, "delivered_at": bought,
        "product": {"name": "Quay 3", "category": "bike"}, "promises": [{"text": "A bell"}] if number % 2 else [],
        "customer": {"email": f"buyer{number}@buyers.example", "first_name": "Ana", "timezone": "America/New_York"},
    })  # fmt: skip


def _strike_until(storm: Storm, figures: Figures, end: float) -> None:
    while time.monotonic() < end:
        try:
            figures.deeds[storm.strike()] += 1
        except DBAPIError:
            figures.deeds["came too late: the database was away"] += 1
        pause = time.monotonic() + storm.chance.uniform(0.1, 1.5)
        while time.monotonic() < pause:
            storm.fleet.tend()
            time.sleep(0.05)


def _set_clock(storm: Storm, day: int, hour: int) -> None:
    """Another day, well inside the window: the next check-ins are due."""
    for _ in range(20):
        try:
            world.set_clock(storm.database, sending.day(day, hour))
            return
        except DBAPIError:
            time.sleep(0.5)


def _let_recover(storm: Storm, figures: Figures) -> None:
    """Everything well again, and all the time that it takes; what the provider has, its events then tell."""
    storm.ground.misbehave(None)
    storm.fleet.thaw()
    _set_clock(storm, day=7, hour=13)
    deadline = time.monotonic() + RECOVERY_SECONDS
    _wait(storm, deadline)
    lines = oracle.Ledger(storm.ground.ledger).read()
    with storm.database.read() as session:
        unknown = select(func.count()).where(Message.state == MessageState.ambiguous)
        figures.ambiguous = session.scalar(unknown) or 0
    scenes.prove(storm.database, [(line.message_id, line.address) for line in lines])
    _wait(storm, deadline + 60)
    figures.accepted = len(lines)
    figures.breaches += oracle.breaches(storm.database, lines)


def _wait(storm: Storm, deadline: float) -> None:
    """Until all is quiet, and still is a moment later."""
    quiet = 0
    while quiet < 3 and time.monotonic() < deadline:
        quiet = quiet + 1 if _is_quiet(storm) else 0
        time.sleep(0.5)


def _is_quiet(storm: Storm) -> bool:
    """A system that stopped itself over a 401 is started again, as a person would."""
    storm.fleet.tend()
    try:
        with storm.database.write() as session:
            stop_all.resume(session, "rita")
            session.execute(update(system.Breaker).values(retry_at=None, busy_until=None))
        return roles.is_quiet(storm.database)
    except DBAPIError:
        return False


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", choices=grounds.KINDS, required=True)
    asked.add_argument("--minutes", type=float, default=3)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--customers", type=int, default=5000)
    asked.add_argument("--json", action="store_true", help="figures for machines")
    told = asked.parse_args()
    figures = rage(told.database, told.seed, told.minutes, told.customers)
    sys.stdout.write("".join(f"{each}\n" for each in figures.breaches))
    sys.stdout.write(f"{json.dumps(figures.__dict__) if told.json else figures}\n")
    sys.exit(1 if figures.breaches else 0)


if __name__ == "__main__":
    main()
