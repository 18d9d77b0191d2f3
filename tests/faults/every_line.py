"""F1: a process is killed at every line that it executes, others clear up, and the oracle is asked.

`python -m tests.faults.every_line --role sender --database sqlite [--sample 1/10 --seed 1] [--minutes 5]`

Every line comes once, in an order that the seed gives each line, Redis emptied after every other death; then every line
with Redis the other way; then second visits. What there is time for is counted; `--after` goes on where one has ended.
"""

import argparse
import gc
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from io import TextIOWrapper

from sqlalchemy import orm

from tests.faults import forks, grounds, house, nursery, oracle, picture, roles, tracer

FORMS = ("plain", "flushed")
SIZES = {"sender": 10, "notices": 9, "scheduler": 8, "reconciler": 2, "events": 6, "inbound": 10}  # lines, about


TURNS = 3  # every line one way, the other way, and later visits


@dataclass(frozen=True)
class Asked:
    """Which trials: those between two places, how many of them all, how many visits of a line, for how long at most."""

    sample: Fraction = Fraction(1)
    seed: int = 1
    visits: int = 1
    seconds: float = 1e9
    after: float = 0.0
    until: float = TURNS


@dataclass(frozen=True, order=True)
class Trial:
    """When it comes: the turn and, behind the point, what the seed makes of its name; so that a later run may go on
    there although some lines have changed."""

    place: float
    point: tracer.Point
    form: str


@dataclass
class Figures:
    """What was done and found; all before `reached` has been tried."""

    role: str
    database: str
    points: int = 0
    lines: int = 0  # at which somebody has died in the first turn
    trials: int = 0
    hits: int = 0
    sends: int = 0
    seconds: float = 0.0
    reached: float = 0.0
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
    """A role in its house, where its processes come from, what one passes through when nothing goes wrong, and how
    everything stands then."""

    house: house.House
    aftermath: forks.Companion
    nursery: nursery.Nursery
    picture: picture.Picture

    @property
    def seen(self) -> Counter[tuple[str, int]]:
        return self.nursery.seen

    def close(self) -> None:
        self.nursery.close()
        self.aftermath.close()


def kill_everywhere(stage: Stage, role: str, asked: Asked) -> Figures:
    """Every trial that was asked for; prints progress to standard error."""
    started, ground = time.monotonic(), stage.house.grounds
    figures = Figures(role, ground.kind, points=len(stage.seen), reached=asked.after)
    stage.house.enter()
    for trial in _chosen(stage.seen, asked):
        if time.monotonic() - started > asked.seconds:
            break
        _count(figures, trial, _outcome(stage, trial))
        if figures.trials % 100 == 0:
            sys.stderr.write(f"  {figures.progress(time.monotonic() - started)}\n")
    else:
        figures.reached = asked.until
    figures.seconds = time.monotonic() - started
    figures.sends = len(oracle.Ledger(ground.ledger).read())
    ground.empty()
    return figures


def staged(ground: grounds.Grounds, name: str) -> Stage:
    """The role's house, and some runs of it that nobody disturbs."""
    role = roles.ROLES[name]
    built = house.build(ground, name, role.scene)
    built.enter()
    orm.configure_mappers()
    gc.freeze()
    aftermath = forks.Companion(lambda: roles.Aftermath(role, oracle.Ledger(ground.ledger)).tasks(), ground.log)
    begin = nursery.Nursery(role, ground.log, lambda: _prepare(built, aftermath))
    breaches, found = aftermath.ask("recover")
    assert not breaches, breaches
    return Stage(built, aftermath, begin, found)


def _chosen(seen: Counter[tuple[str, int]], asked: Asked) -> list[Trial]:
    """In the order in which they are tried."""
    every = sorted(trial for point in tracer.points(seen, asked.visits) for trial in _trials(point, asked.seed))
    some = every[: max(1, round(len(every) * asked.sample))]
    return [each for each in some if asked.after < each.place <= asked.until]


def _trials(point: tracer.Point, seed: int) -> Iterator[Trial]:
    number = int.from_bytes(hashlib.sha256(f"{seed} {point}".encode()).digest()[:8])
    behind = number / 2**64
    first, other = FORMS[number % 2], FORMS[1 - number % 2]
    yield Trial(behind if point.visit == 1 else 2 + behind, point, first)
    yield Trial(1 + behind if point.visit == 1 else 2 + behind, point, other)


def _outcome(stage: Stage, trial: Trial) -> tuple[bool, list[str]]:
    """Whether the point was hit, and what was wrong afterwards."""
    ground = stage.house.grounds
    _prepare(stage.house, stage.aftermath)
    ended = stage.nursery.die(trial.point)
    if ended.trouble:
        return ended.killed, [f"the process did not die at the point: {ended.trouble}"]
    ground.quiesce()
    if trial.form == "flushed":
        ground.flush()
    breaches, found = stage.aftermath.ask("recover")
    return ended.killed, [*breaches, *picture.differences(stage.picture, found)]


def _prepare(built: house.House, aftermath: forks.Companion) -> None:
    built.reset()
    built.grounds.flush()
    built.grounds.log.write_text("")
    aftermath.ask("prepare")


def _count(figures: Figures, trial: Trial, came: tuple[bool, list[str]]) -> None:
    hit, breaches = came
    figures.trials += 1
    figures.hits += hit
    figures.lines += hit and trial.place < 1
    figures.reached = trial.place
    for each in breaches:
        figures.breaches.append(f"{figures.role}, {figures.database}, {trial.form}, killed at {trial.point}: {each}")
        sys.stdout.write(f"{figures.breaches[-1]}\n")


def _share(left: Sequence[str]) -> float:
    """Of the time that is left, the first role's, by what it executes."""
    return SIZES[left[0]] / sum(SIZES[each] for each in left)


def _turn_by_turn(told: argparse.Namespace, reached: Mapping[str, float]) -> Iterator[tuple[str, Asked]]:
    """All roles' first turns before anybody's second; what one leaves of its time, those have who are not done.
    `reached` is kept by whoever asks, after each."""
    end = time.monotonic() + 60 * told.altogether
    for turn in range(1, TURNS + 1):
        while left := [role for role in told.role if reached.get(role, 0.0) < turn]:
            for number, role in enumerate(left):
                seconds = (end - time.monotonic()) * _share(left[number:])
                if seconds <= 0:
                    return
                begin = max(reached.get(role, 0.0), turn - 1.0)
                yield role, Asked(told.sample, told.seed, told.visits, seconds, begin, turn)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--role", choices=[*roles.ROLES], required=True, nargs="+")
    asked.add_argument("--database", choices=grounds.KINDS, required=True)
    asked.add_argument("--sample", type=Fraction, default=Fraction(1))
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--visits", type=int, default=1, help="kill at the first so many visits of each line")
    asked.add_argument("--minutes", type=float, default=1e6, help="at most so long for each role")
    asked.add_argument("--altogether", type=float, help="minutes for all roles; what one leaves, the next ones have")
    asked.add_argument("--after", type=json.loads, default={}, help='what was reached: {"sender": 0.42}')
    asked.add_argument("--json", action="store_true", help="one more line for each role, for machines")
    told = asked.parse_args()
    assert isinstance(sys.stdout, TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    failed, stages = False, dict[str, Stage]()
    each_once = ((role, Asked(told.sample, told.seed, told.visits, 60 * told.minutes, told.after.get(role, 0.0)))
                 for role in told.role)  # fmt: skip
    with grounds.opened(told.database) as ground:
        for role, wish in _turn_by_turn(told, told.after) if told.altogether else each_once:
            stages[role] = stages.get(role) or staged(ground, role)
            figures = kill_everywhere(stages[role], role, wish)
            told.after[role] = figures.reached
            sys.stdout.write(f"{json.dumps(figures.__dict__) if told.json else figures}\n")
            failed = failed or bool(figures.breaches)
        for stage in stages.values():
            stage.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
