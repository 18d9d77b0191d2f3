"""F1: a process is killed at every line that it executes, others clear up, and the oracle is asked.

`python -m tests.faults.every_line --role sender --database sqlite [--sample 1/10 --seed 1] [--minutes 5]`

Every line comes once, in a random order, Redis emptied after every other death; then every line with Redis the other
way; then second visits. What there is time for is counted.
"""

import argparse
import gc
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from io import TextIOWrapper

from sqlalchemy import orm

from tests.faults import forks, grounds, house, oracle, picture, roles, tracer

FORMS = ("plain", "flushed")
SIZES = {"sender": 10, "notices": 9, "scheduler": 8, "reconciler": 2, "events": 6, "inbound": 10}  # lines, about


@dataclass(frozen=True)
class Asked:
    """Which trials: whose death, how many of them all, how many visits of a line, and for how long at most."""

    role: str
    sample: Fraction = Fraction(1)
    seed: int = 1
    visits: int = 1
    seconds: float = 1e9


@dataclass
class Figures:
    """What was done and found."""

    role: str
    database: str
    points: int = 0
    lines: int = 0  # at which somebody has died
    trials: int = 0
    hits: int = 0
    sends: int = 0
    seconds: float = 0.0
    breaches: list[str] = field(default_factory=list)

    def progress(self, seconds: float) -> str:
        each = seconds / self.trials
        return f"{self.trials} trials, {self.hits} hits, {len(self.breaches)} breaches, {each:.2f} s each"

    def __str__(self) -> str:
        return (
            f"{self.role} on {self.database}: {self.points} points, {self.lines} of them hit, {self.trials} trials, "
            f"{self.hits} kills that hit, "
            f"{len(self.breaches)} breaches, {self.seconds:.0f} s"
        )


@dataclass(frozen=True)
class Stage:
    """A role in its house, what it passes through when nothing goes wrong, and how everything stands then."""

    role: roles.Role
    house: house.House
    aftermath: forks.Companion
    seen: Counter[tuple[str, int]]
    picture: picture.Picture


def kill_everywhere(ground: grounds.Grounds, asked: Asked) -> Figures:
    """Every trial that was asked for; prints progress to standard error."""
    started = time.monotonic()
    stage = staged(ground, asked.role)
    figures, died_at = Figures(asked.role, ground.kind, points=len(stage.seen)), set[tuple[str, int]]()
    for number, (point, form) in enumerate(_chosen(stage.seen, asked)):
        if time.monotonic() - started > asked.seconds:
            break
        hit, breaches = _trial(stage, point, form)
        _count(figures, point, form, (hit, breaches))
        died_at |= {(point.file, point.line)} if hit else set()
        if number % 50 == 49:
            sys.stderr.write(f"  {figures.progress(time.monotonic() - started)}\n")
    stage.aftermath.close()
    figures.lines, figures.seconds = len(died_at), time.monotonic() - started
    figures.sends = len(oracle.Ledger(ground.ledger).read())
    ground.empty()
    return figures


def staged(ground: grounds.Grounds, name: str) -> Stage:
    """The role's house, and one run of it that nobody disturbs."""
    role = roles.ROLES[name]
    built = house.build(ground, name, role.scene)
    built.enter()
    orm.configure_mappers()
    gc.freeze()
    aftermath = forks.Companion(lambda: roles.Aftermath(role, oracle.Ledger(ground.ledger)).tasks(), ground.log)
    stage = Stage(role, built, aftermath, Counter(), [])
    lived = _live(stage, None)
    assert not lived.trouble, lived.trouble
    breaches, found = aftermath.ask("recover")
    assert not breaches, breaches
    return replace(stage, seen=Counter({(file, line): count for file, line, count in lived.said}), picture=found)


def _chosen(seen: Counter[tuple[str, int]], asked: Asked) -> list[tuple[tracer.Point, str]]:
    """In the order in which they are tried."""
    first = tracer.points(seen)
    chance = random.Random(asked.seed)
    chance.shuffle(first)
    later = [point for point in tracer.points(seen, asked.visits) if point.visit > 1]
    every = [(point, FORMS[(number + turn) % 2]) for turn in range(2) for number, point in enumerate(first)]
    every += [(point, form) for point in later for form in FORMS]
    return every[: max(1, round(len(every) * asked.sample))]


def _trial(stage: Stage, point: tracer.Point, form: str) -> tuple[bool, list[str]]:
    """Whether the point was hit, and what was wrong afterwards."""
    ground = stage.house.grounds
    ended = _live(stage, point)
    if ended.trouble:
        return ended.killed, [f"the process did not die at the point: {ended.trouble}"]
    ground.quiesce()
    if form == "flushed":
        ground.flush()
    breaches, found = stage.aftermath.ask("recover")
    return ended.killed, [*breaches, *picture.differences(stage.picture, found)]


def _live(stage: Stage, point: tracer.Point | None) -> forks.Ended:
    """One spell of the role's work in a fresh process, until its end or until the point."""
    stage.house.reset()
    stage.house.grounds.flush()
    stage.house.grounds.log.write_text("")
    stage.aftermath.ask("prepare")

    def work() -> object:
        if point is None:
            seen = tracer.record()
            stage.role.work()
            return [[file, line, count] for (file, line), count in seen.items()]
        tracer.strike(point)
        stage.role.work()
        return None

    return forks.run(work, stage.house.grounds.log)


def _count(figures: Figures, point: tracer.Point, form: str, came: tuple[bool, list[str]]) -> None:
    hit, breaches = came
    figures.trials += 1
    figures.hits += hit
    for each in breaches:
        figures.breaches.append(f"{figures.role}, {figures.database}, {form}, killed at {point}: {each}")
        sys.stdout.write(f"{figures.breaches[-1]}\n")


def _share(left: Sequence[str]) -> float:
    """Of the time that is left, the first role's, by what it executes."""
    return SIZES[left[0]] / sum(SIZES[each] for each in left)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--role", choices=[*roles.ROLES], required=True, nargs="+")
    asked.add_argument("--database", choices=grounds.KINDS, required=True)
    asked.add_argument("--sample", type=Fraction, default=Fraction(1))
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--visits", type=int, default=1, help="kill at the first so many visits of each line")
    asked.add_argument("--minutes", type=float, default=1e6, help="at most so long for each role")
    asked.add_argument("--altogether", type=float, help="minutes for all roles; what one leaves, the next ones have")
    asked.add_argument("--json", action="store_true", help="one more line for each role, for machines")
    told = asked.parse_args()
    assert isinstance(sys.stdout, TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    failed, end = False, time.monotonic() + 60 * (told.altogether or 0)
    with grounds.opened(told.database) as ground:
        for number, role in enumerate(told.role):
            if told.altogether:
                told.minutes = (end - time.monotonic()) / 60 * _share(told.role[number:])
            figures = kill_everywhere(ground, Asked(role, told.sample, told.seed, told.visits, 60 * told.minutes))
            sys.stdout.write(f"{json.dumps(figures.__dict__) if told.json else figures}\n")
            failed = failed or bool(figures.breaches)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
