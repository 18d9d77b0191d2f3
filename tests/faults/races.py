"""F3: stops that commit at random moments around a gate in another process; no request may start after them.

`python -m tests.faults.races --database sqlite --trials 2000 [--seed 1]`
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import orm

from drip.models.message import MessageState
from tests.faults import crossing, forks, grounds, house, oracle, stops

TOGETHER = 5  # customers in one gate, each with a stop of their own
AROUND_SECONDS = 0.05
LATE_SECONDS = 0.005  # what 99.9 % keep to
NEVER_SECONDS = 2.0  # what all keep to
SHARE_LATE = 0.001
ENOUGH = 10_000  # trials before a share of one in a thousand means anything


@dataclass
class Figures:
    """What was done and found; `crossed`: the request had started before the stop was committed."""

    database: str
    trials: int = 0
    near: int = 0
    prevented: int = 0
    crossed: int = 0
    late: list[float] = field(default_factory=list)
    seconds: float = 0.0
    breaches: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        worst = f", the latest after {max(self.late) * 1000:.1f} ms" if self.late else ""
        return (
            f"races on {self.database}: {self.trials} trials, {self.near} within 50 ms of the gate, {self.prevented} "
            f"prevented, {self.crossed} crossed in the post, {len(self.late)} started after the stop{worst}, "
            f"{self.too_late} of them by more than 5 ms, {len(self.breaches)} breaches, {self.seconds:.0f} s"
        )

    @property
    def too_late(self) -> int:
        return sum(each > LATE_SECONDS for each in self.late)


@dataclass
class Course:
    """The two who race, where, who has been stopped, and how long the gate and each stop usually take (seconds)."""

    ground: grounds.Grounds
    house: house.House
    gatekeeper: forks.Companion
    stopper: forks.Companion
    stopped: set[int] = field(default_factory=set)
    to_gate: float = 0.05
    to_stop: dict[str, float] = field(default_factory=lambda: dict.fromkeys(stops.STOPS, 0.03))


@dataclass(frozen=True)
class Heat:
    """One gate and the stops around it."""

    lines: Sequence[oracle.Line]
    committed: Sequence[crossing.Committed]
    gated: crossing.Gated
    gate_at: float


def race(ground: grounds.Grounds, trials: int, seed: int = 1) -> Figures:
    """So many trials: customers who are stopped one by one, and for each crowd one pause that stops all of them."""
    started, chance = time.monotonic(), random.Random(seed)
    course, figures = _laid_out(ground), Figures(ground.kind)
    while figures.trials < trials:
        _crowd(course, figures, chance, trials)
    course.gatekeeper.close()
    course.stopper.close()
    if figures.trials >= ENOUGH and figures.too_late > SHARE_LATE * figures.trials:
        figures.breaches.append(f"{figures.too_late} of {figures.trials} requests began over 5 ms after the stop")
    figures.seconds = time.monotonic() - started
    return figures


def _laid_out(ground: grounds.Grounds) -> Course:
    built = house.build(ground, "crowd", stops.crowd)
    built.enter()
    orm.configure_mappers()
    gatekeeper = forks.Companion(lambda: crossing.Gatekeeper(TOGETHER).tasks(), ground.log)
    return Course(ground, built, gatekeeper, forks.Companion(lambda: crossing.Stopper().tasks(), ground.log))


def _crowd(course: Course, figures: Figures, chance: random.Random, trials: int) -> None:
    """Everybody in a fresh house, a few at a time; after the pause at the end nothing may be claimed at all."""
    _anew(course)
    for _ in range(stops.CROWD // TOGETHER - 1):
        if figures.trials < trials:
            _judge(figures, _heat(course, chance, [*stops.OF_ONE]))
    pause = chance.choice([*stops.OF_ALL])
    _judge(figures, _heat(course, chance, [pause]), pause)
    if course.gatekeeper.ask("claim"):
        figures.breaches.append(f"check-ins were claimed after the {pause}")


def _anew(course: Course) -> None:
    course.gatekeeper.ask("leave")
    course.stopper.ask("leave")
    course.house.reset()
    course.ground.empty()
    course.stopped.clear()
    course.stopper.ask("meet")


def _heat(course: Course, chance: random.Random, kinds: Sequence[str]) -> Heat:
    customers: list[int] = course.gatekeeper.ask("claim")
    assert customers, "nobody is left to race with"
    assert not course.stopped.intersection(customers), "a customer who was stopped has been claimed"
    ledger = oracle.Ledger.now(course.ground.ledger)
    at = time.monotonic() + AROUND_SECONDS + max(course.to_stop.values())
    who = customers[:1] if kinds[0] in stops.OF_ALL else customers
    course.gatekeeper.tell("gate", at)
    committed = course.stopper.ask("stop", _wanted(course, who, [chance.choice(kinds) for _ in who], at, chance))
    gated: crossing.Gated = course.gatekeeper.hear()
    course.stopped.update(who)
    gate_at = statistics.median(gated["looks"] or [gated["done"]])
    _learn(course, gate_at - at, committed)
    return Heat(ledger.read(), committed, gated, gate_at)


def _wanted(
    course: Course, who: Sequence[int], kinds: Sequence[str], at: float, chance: random.Random
) -> list[crossing.Wanted]:
    """Begun so that they will be committed around the gate, as far as one can tell."""
    return [
        (at + course.to_gate - course.to_stop[kind] + chance.uniform(-AROUND_SECONDS, AROUND_SECONDS), kind, each)
        for kind, each in zip(kinds, who, strict=True)
    ]


def _learn(course: Course, to_gate: float, committed: Sequence[crossing.Committed]) -> None:
    course.to_gate += (to_gate - course.to_gate) / 4
    for kind, _, _, seconds in committed:
        course.to_stop[kind] += (seconds - course.to_stop[kind]) / 4


def _judge(figures: Figures, heat: Heat, pause: str | None = None) -> None:
    """Each message against the stop that concerns it."""
    stopped = {customer: (kind, at) for kind, customer, at, _ in heat.committed}
    accepted = Counter(line.message_id for line in heat.lines)
    figures.trials += len(stopped)
    figures.near += sum(abs(at - heat.gate_at) <= AROUND_SECONDS for _, at in stopped.values())
    for customer, message_id, state in heat.gated["messages"]:
        kind, at = next(iter(stopped.values())) if pause else stopped[customer]
        _compare(figures, f"message {message_id} ({kind})", accepted[message_id], state,
                 heat.gated["starts"].get(message_id, 0.0) - at)  # fmt: skip


def _compare(figures: Figures, what: str, times: int, state: str, late: float) -> None:
    """`late`: seconds from the stop's commit to the request's start."""
    if times > 1:
        figures.breaches.append(f"{what} was accepted {times} times")
    if bool(times) is not (state == MessageState.accepted):
        figures.breaches.append(f"{what} was accepted {times} times and stands here as {state}")
    figures.prevented += not times
    figures.crossed += bool(times) and late <= 0
    if times and late > 0:
        figures.late.append(late)
    if times and late > NEVER_SECONDS:
        figures.breaches.append(f"{what} began {late:.2f} s after the stop had been committed")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--database", choices=grounds.KINDS, required=True)
    asked.add_argument("--trials", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--json", action="store_true", help="figures for machines")
    told = asked.parse_args()
    with grounds.opened(told.database) as ground:
        figures = race(ground, told.trials, told.seed)
    sys.stdout.write("".join(f"{each}\n" for each in figures.breaches))
    sys.stdout.write(f"{json.dumps(figures.__dict__) if told.json else figures}\n")
    sys.exit(1 if figures.breaches else 0)


if __name__ == "__main__":
    main()
