"""F2: a whole fleet sends to thousands while, for minutes, everything happens to it that can; then the oracle is asked.

`python -m tests.faults.nemesis --database sqlite --minutes 3 --seed 7 --customers 5000`
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, make_url, select, update
from sqlalchemy.exc import DBAPIError

from drip import db
from drip.engine.purchases import intake, purchase_in
from drip.engine.sending import stop_all
from drip.models import system
from drip.models.message import Message, MessageKind, MessageState
from tests import sandbox_process, world
from tests.faults import fleet, grounds, house, oracle, proxy, roles, scenes
from tests.faults.storm import Storm
from tests.world import sending

RECOVERY_SECONDS = 240.0
# After a stop: 2 s for the gate's look, 5 s for the request, 1.5 s for a slow provider; and a rest.
LATEST_SECONDS = 12.0


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
            f"storm {self.seed} on {self.database}: {self.seconds:.0f} s, {done}; {self.stops} stops, "
            f"{self.accepted} mails accepted, {self.ambiguous} unknown before their events, "
            f"{len(self.breaches)} breaches; "
            "at the end " + ", ".join(f"{name} {count}" for name, count in sorted(self.ends.items()))
        )


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
            storm = Storm(ground, crew, database, random.Random(seed), wires, customers)
            try:
                yield storm
            finally:
                crew.go_home()
                storm.people.shutdown(cancel_futures=True)
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
            storm.patiently(lambda: world.set_clock(storm.database, sending.day(day, hour)))
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
