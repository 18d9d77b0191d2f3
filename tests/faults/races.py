"""F3: stops that commit at random moments around a gate in another process; no request may start after them.

`python -m tests.faults.races --database sqlite --trials 2000 [--seed 1]`

One process sends, one stops, one stop at a time, so that two cores are enough for both, the provider and the database.
What the machine adds is told apart: how long the sender was ready to run while no core was free, and by how much a
process that only sleeps came late meanwhile.
"""

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import orm

from drip.models.message import MessageState
from tests.faults import crossing, forks, grounds, house, oracle, scheduling, spread, stops

TOGETHER = 100  # customers in one claim
AROUND_SECONDS = 0.05
LATE_SECONDS = 0.005  # what 99.9 % keep to
NEVER_SECONDS = 2.0  # what all keep to
SHARE_LATE = 0.001
ENOUGH = 10_000  # trials before a share of one in a thousand means anything


@dataclass
class Figures:
    """What was done and found. A trial is a stop that was committed within 50 ms of its customer's gate; `others` came
    earlier or later. `crossed`: the request had started before the stop was committed. `late`: by how many seconds a
    request started after its stop, and for how many of them the sender had to wait for a core. Spreads: from a gate's
    commit to the first byte, and by how much the sleeper was late."""

    database: str
    seed: int = 1
    trials: int = 0
    others: int = 0
    prevented: int = 0
    crossed: int = 0
    sends: int = 0
    pauses: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    late: list[tuple[float, float]] = field(default_factory=list)
    to_start: Counter[str] = field(default_factory=Counter)
    overshoot: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    breaches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        worst = f", the latest after {max(self.late)[0] * 1000:.1f} ms" if self.late else ""
        share = 100 / max(self.trials + self.others, 1)
        return (
            f"races on {self.database}: {self.trials} trials within 50 ms of the gate ({self.others} others, "
            f"{self.pauses} pauses), {self.prevented} prevented, {self.crossed} crossed in the post, {len(self.late)} "
            f"started after the stop{worst}, {self.too_late} by more than 5 ms ({self.too_late * share:.2f} %), "
            f"{self.its_own} without the time in which no core was free ({self.its_own * share:.2f} %), "
            f"{len(self.breaches)} breaches, {self.seconds:.0f} s; from commit to first byte "
            f"{spread.said(self.to_start)}; a sleeper is late by {spread.said(self.overshoot)}"
        )

    @property
    def too_late(self) -> int:
        return sum(late > LATE_SECONDS for late, _ in self.late)

    @property
    def its_own(self) -> int:
        """Of those, the ones for which the machine is no excuse."""
        return sum(late - waited > LATE_SECONDS for late, waited in self.late)


@dataclass
class Course:
    """The two who race, where, and who has been stopped."""

    ground: grounds.Grounds
    house: house.House
    gatekeeper: forks.Companion
    stopper: forks.Companion
    sleeper: forks.Companion
    place: crossing.Place
    stopped: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Heat:
    """One claim and the stops around its gates."""

    lines: Sequence[oracle.Line]
    committed: Sequence[crossing.Committed]
    passed: dict[str, crossing.Passed]
    overshoot: spread.Spread


@dataclass(frozen=True)
class Asked:
    """So many trials, or as many as there are in so many seconds."""

    trials: int
    seconds: float = 1e9
    seed: int = 1


def race(ground: grounds.Grounds, asked: Asked) -> Figures:
    """Customers who are stopped one by one, and for each crowd one pause that stops all of them."""
    started, chance = time.monotonic(), random.Random(asked.seed)
    course, figures = _laid_out(ground), Figures(ground.kind, asked.seed)
    while not _is_over(figures, asked, started):
        _crowd(course, figures, chance, lambda: _is_over(figures, asked, started))
    for companion in (course.gatekeeper, course.stopper, course.sleeper):
        companion.close()
    if figures.trials >= ENOUGH and figures.its_own > SHARE_LATE * figures.trials:
        figures.breaches.append(f"{figures.its_own} of {figures.trials} requests began over 5 ms after the stop, the "
                                "time without a core not counted")  # fmt: skip
    figures.seconds = time.monotonic() - started
    return figures


def _is_over(figures: Figures, asked: Asked, started: float) -> bool:
    return figures.trials >= asked.trials or time.monotonic() - started >= asked.seconds


def _laid_out(ground: grounds.Grounds) -> Course:
    built = house.build(ground, "crowd", stops.crowd)
    built.enter()
    orm.configure_mappers()
    place: crossing.Place = multiprocessing.Value("i", 0)
    gatekeeper = forks.Companion(lambda: crossing.Gatekeeper(TOGETHER, place).tasks(), ground.log)
    stopper = forks.Companion(lambda: crossing.Stopper(place).tasks(), ground.log)
    sleeper = forks.Companion(lambda: scheduling.Sleeper().tasks(), ground.log)
    return Course(ground, built, gatekeeper, stopper, sleeper, place)


def _crowd(course: Course, figures: Figures, chance: random.Random, is_over: Callable[[], bool]) -> None:
    """Everybody in a fresh house, a few at a time; after the pause at the end nothing may be claimed at all."""
    _anew(course)
    for _ in range(stops.CROWD // TOGETHER - 1):
        if not is_over():
            _judge(figures, _heat(course, chance))
    pause = chance.choice([*stops.OF_ALL])
    _judge(figures, _heat(course, chance, pause), pause)
    figures.pauses += 1
    if course.gatekeeper.ask("claim"):
        figures.breaches.append(f"check-ins were claimed after the {pause}")


def _anew(course: Course) -> None:
    course.gatekeeper.ask("leave")
    course.stopper.ask("leave")
    course.house.reset()
    course.ground.empty()
    course.stopped.clear()
    course.stopper.ask("meet")


def _heat(course: Course, chance: random.Random, pause: str | None = None) -> Heat:
    customers: list[int] = course.gatekeeper.ask("claim")
    assert customers, "nobody is left to race with"
    assert not course.stopped.intersection(customers), "a customer who was stopped has been claimed"
    ledger = oracle.Ledger.now(course.ground.ledger)
    course.place.value = 0
    course.sleeper.ask("tell")
    course.gatekeeper.tell("gate")
    if pause:
        course.stopper.tell("stop_all", pause, customers[0], chance.randrange(len(customers)), chance.getrandbits(32))
    else:
        course.stopper.tell("stop", customers, chance.getrandbits(32))
    passed: dict[str, crossing.Passed] = course.gatekeeper.hear()
    committed: list[crossing.Committed] = course.stopper.hear()
    course.stopped.update(customer for _, customer, _ in committed)
    return Heat(ledger.read(), committed, passed, course.sleeper.ask("tell"))


def _judge(figures: Figures, heat: Heat, pause: str | None = None) -> None:
    """Each message against the stop that concerns it."""
    stopped = {customer: (kind, at) for kind, customer, at in heat.committed}
    accepted = Counter(line.message_id for line in heat.lines)
    for message_id, each in heat.passed.items():
        if pause or each["customer"] in stopped:
            kind, at = next(iter(stopped.values())) if pause else stopped[each["customer"]]
            is_near = abs(at - each["look"]) <= AROUND_SECONDS
            figures.kinds[kind] += is_near
            figures.trials += is_near
            figures.others += not is_near
            _compare(figures, f"message {message_id} ({kind})", accepted[message_id], each, at)
    figures.sends += len(heat.lines)
    began = [each for each in heat.passed.values() if each["start"] and each["commit"]]
    figures.to_start += spread.of((each["start"] or 0) - (each["commit"] or 0) for each in began)
    figures.overshoot += Counter(heat.overshoot)


def _compare(figures: Figures, what: str, times: int, each: crossing.Passed, stopped_at: float) -> None:
    late = (each["start"] or 0.0) - stopped_at
    if times > 1:
        figures.breaches.append(f"{what} was accepted {times} times")
    if bool(times) is not (each["state"] == MessageState.accepted):
        figures.breaches.append(f"{what} was accepted {times} times and stands here as {each['state']}")
    figures.prevented += not times
    figures.crossed += bool(times) and late <= 0
    if times and late > 0:
        figures.late.append((round(late, 5), each["waited"]))
    if times and late > NEVER_SECONDS:
        figures.breaches.append(f"{what} began {late:.2f} s after the stop had been committed")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", choices=grounds.KINDS, required=True)
    asked.add_argument("--trials", type=int, default=1000)
    asked.add_argument("--minutes", type=float, default=1e6, help="at most so long, however few they are by then")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--json", action="store_true", help="figures for machines")
    told = asked.parse_args()
    with grounds.opened(told.database) as ground:
        figures = race(ground, Asked(told.trials, 60 * told.minutes, told.seed))
    sys.stdout.write("".join(f"{each}\n" for each in figures.breaches))
    sys.stdout.write(f"{json.dumps(figures.__dict__) if told.json else figures}\n")
    sys.exit(1 if figures.breaches else 0)


if __name__ == "__main__":
    main()
