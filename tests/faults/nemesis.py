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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from drip import db
from drip.engine.purchases import intake, purchase_in
from drip.engine.sending import stop_all
from drip.models import system
from drip.models.customer import Customer
from drip.models.message import Message, MessageKind, MessageState
from tests import sandbox_process, world
from tests.faults import fleet, grounds, house, oracle, proxy, roles, scenes, stops
from tests.world import sending

RECOVERY_SECONDS = 240.0
LATEST_SECONDS = 12.0  # after a stop: 2 s for the gate's look, 5 s for the request, 1.5 s for a slow provider; and a rest
WEIGHTS = {"kill": 6, "freeze": 4, "people stop": 6, "provider misbehaves": 3, "calm": 5}  # else 1
BROKEN = ("accept_then_hang", "accept_then_reset", "accept_then_500", "429", "500", "503", "401", "403", "slow", "reset")
ON_POSTGRESQL = ("database crashed", "database's connections cut", "database away")
MAY_HAVE_GOT = Message.state.in_((MessageState.accepted, MessageState.ambiguous))


@dataclass
class Figures:
    """What was done and found."""

    database: str
    seed: int
    seconds: float = 0.0
    deeds: Counter[str] = field(default_factory=Counter)
    stops: int = 0
    accepted: int = 0
    ambiguous: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = ", ".join(f"{name} {count}" for name, count in sorted(self.deeds.items()))
        return (
            f"storm {self.seed} on {self.database}: {self.seconds:.0f} s, {done}; {self.stops} stops, {self.accepted} mails accepted, "
            f"{self.ambiguous} unknown before their events, {len(self.breaches)} breaches; at the end "
            + ", ".join(f"{name} {count}" for name, count in sorted(self.ends.items()))
        )


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
            "people stop": self._stop_some,
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
            deeds = {name: deed for name, deed in deeds.items() if name not in ON_POSTGRESQL}
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
            stops.OF_ONE[kind](self.database, each)
            self.stopped[each.email] = (kind, datetime.now(UTC))

    def _who_had_mail(self, most: int) -> list[stops.Target]:
        """Some of those who were not stopped yet."""
        first = self.chance.randrange(self.customers)
        near = Customer.id.between(first, first + most) & (Message.step == "hello") & MAY_HAVE_GOT
        return [each for each in stops.targets(self.database, near).values() if each.email not in self.stopped]


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
        with proxy.wires(**_dials(ground)) as wires:
            crew = fleet.Fleet.of(built, web_port, **_through(wires, built))
            built.enter()
            database = db.Database(built.database_url)
            try:
                yield Storm(ground, crew, database, random.Random(seed), wires, customers)
            finally:
                crew.go_home()
                database.close()


def _dials(ground: grounds.Grounds) -> dict[str, proxy.Dial]:
    provider = {"provider": proxy.tcp(ground.sandbox_port)}
    return provider | ({"database": proxy.unix(ground.socket)} if ground.server else {})


def _through(wires: dict[str, proxy.Wire], built: house.House) -> dict[str, str]:
    """What the fleet must know to talk over the wires."""
    told = {"DRIP_SANDBOX_PORT": str(wires["provider"].port)}
    if "database" in wires:
        name = make_url(built.database_url).database
        told["DATABASE_URL"] = f"postgresql://postgres@127.0.0.1:{wires['database'].port}/{name}"
    return told


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
    storm.day = day
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
    figures.stops, figures.ends = len(storm.stopped), _ends(storm)
    figures.breaches += [*oracle.breaches(storm.database, lines), *_after_a_stop(storm, lines)]


def _ends(storm: Storm) -> Counter[str]:
    """How many messages stand in each state, and why."""
    with storm.database.read() as session:
        rows = session.execute(select(Message.kind, Message.state, Message.reason))
        return Counter(" ".join(str(each) for each in row if each is not None) for row in rows)


def _after_a_stop(storm: Storm, lines: Sequence[oracle.Line]) -> Iterator[str]:
    """I3: nobody who was stopped got a check-in that can have started later."""
    with storm.database.read() as session:
        ids = select(Message.id).where(Message.kind == MessageKind.check_in)
        check_ins = set(session.scalars(ids))
    for line in lines:
        kind, at = storm.stopped.get(line.address, ("", line.accepted_at))
        late = (line.accepted_at - at).total_seconds()
        if line.message_id in check_ins and late > LATEST_SECONDS:
            yield f"{line.address} got {line.message_id} {late:.1f} s after a {kind}"


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
