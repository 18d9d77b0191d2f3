"""`python -m tests.faults --long [--minutes 480] [--parts kills storms]`: every fault, on both databases side by side.

Each part has its share of the minutes and counts what it has come to. What is known stands in `--state` (one JSON
object a part) and docs/fault-report.md is written anew after each part, so a run that is cut off has reported all that
it had done. Parts can be run again on another day: each goes on where it was, by other lines, seeds or customers, and
what it comes to is added.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drip import clock
from tests.faults import command, grounds, report, roles, tracer

NIGHT = 480.0
STORM_MINUTES = 8.0  # of harm; a storm takes up to as long again to begin, to recover and to be judged
RACES = 100_000
CUSTOMERS_A_MINUTE = 1000  # of a storm, two check-ins each
SENDS = 1_000_000

LANES = (1, 100_000)  # the first seeds of those who need no database of their own, one for each core

Command = list[str]
Found = Sequence[Mapping[str, Any]]  # what earlier runs of the part have come to


@dataclass(frozen=True)
class Part:
    """A share of the time, and what is run in it: lists of commands that run side by side. Where nothing can be
    added because it would be the same again, the newest is kept."""

    share: float
    commands: Callable[[float, Found], Sequence[Sequence[Command]]]
    adds: bool = True


def _models(_minutes: float, _found: Found) -> Sequence[Sequence[Command]]:
    return [[["model", "--senders", "3", "--mails", "1"]], [["model", "--senders", "2", "--mails", "2"]]]


def _mutants(_minutes: float, _found: Found) -> Sequence[Sequence[Command]]:
    return [[["mutants"]], []]


def _kills(minutes: float, found: Found) -> Sequence[Sequence[Command]]:
    """Every role has a part of the time by its size; a role that is done early leaves the rest to the others. A third
    lane, because each waits now and then for a sender or for PostgreSQL."""

    def kill(kind: str, some: Sequence[str]) -> list[Command]:
        reached = {role: max((each["reached"] for each in _of(kind, found) if each["role"] == role), default=0)
                   for role in some}  # fmt: skip
        return [["every_line", "--role", *some, "--database", kind, "--visits", "3",
                 "--altogether", f"{minutes:.2f}", "--after", json.dumps(reached)]]  # fmt: skip

    every = [*roles.ROLES]
    return [kill("sqlite", every), kill("postgresql", every[:3]), kill("postgresql", every[3:])]


def _races(minutes: float, found: Found) -> Sequence[Sequence[Command]]:
    """One after the other, so that the two cores are enough for those who race."""

    def race(kind: str) -> Command:
        left = max(RACES // 2 - sum(each["trials"] for each in _of(kind, found)), 1000)
        seed = 1 + max((each["seed"] for each in _of(kind, found)), default=0)
        return ["races", "--trials", str(left), "--minutes", f"{minutes / 2:.2f}", "--database", kind,
                "--seed", str(seed)]  # fmt: skip

    return [[race(kind) for kind in grounds.KINDS], []]


def _storms(minutes: float, found: Found) -> Sequence[Sequence[Command]]:
    count = max(1, round(minutes / STORM_MINUTES / 1.6))
    harm = minutes / count / 1.6
    customers = str(round(harm * CUSTOMERS_A_MINUTE))

    def storms(kind: str) -> list[Command]:
        first = 1 + max((each["seed"] for each in _of(kind, found)), default=0)
        return [["nemesis", "--minutes", f"{harm:.1f}", "--seed", str(seed), "--customers", customers,
                 "--database", kind] for seed in range(first, first + count)]  # fmt: skip

    return _on_both(storms)


def _simulations(minutes: float, found: Found) -> Sequence[Sequence[Command]]:
    left = max(SENDS - sum(each["figures"].get("sends", 0) for each in found), 1000)
    wish = ["simulation", "--sends", str(left // 2), "--minutes", f"{minutes:.2f}"]
    return [[[*wish, "--seed", str(seed)]] for seed in _next_seeds(found)]


def _stories(minutes: float, found: Found) -> Sequence[Sequence[Command]]:
    half = f"{minutes / 2:.2f}"
    return [[[module, "--minutes", half, "--seed", str(seed)] for module in ("properties", "orders")]
            for seed in _next_seeds(found)]  # fmt: skip


def _next_seeds(found: Found) -> list[int]:
    """For each lane one that no run has had."""
    had = [each["last_seed"] for each in found if "last_seed" in each]
    ends = [*LANES[1:], 1 << 60]
    return [1 + max((each for each in had if start <= each < end), default=start - 1)
            for start, end in zip(LANES, ends, strict=True)]  # fmt: skip


def _of(kind: str, found: Found) -> Found:
    return [each for each in found if each.get("database") == kind]


PARTS = {
    "models": Part(0.02, _models, adds=False),
    "mutants": Part(0.02, _mutants, adds=False),
    "kills": Part(0.36, _kills),
    "races": Part(0.2, _races),
    "storms": Part(0.22, _storms),
    "simulations": Part(0.15, _simulations),
    "stories": Part(0.03, _stories),
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--long", action="store_true", required=True, help="hours, on two cores")
    asked.add_argument("--minutes", type=float, default=NIGHT, help="altogether; each part has its share")
    asked.add_argument("--parts", choices=PARTS, nargs="+", default=[*PARTS])
    asked.add_argument("--state", type=Path, default=tracer.ROOT / "var" / "faults.json", help="what is known so far")
    told = asked.parse_args()
    known: dict[str, Any] = json.loads(told.state.read_text()) if told.state.exists() else {}
    whole = sum(PARTS[name].share for name in told.parts)
    for name in told.parts:
        minutes = told.minutes * PARTS[name].share / whole
        sys.stderr.write(f"{name}: {minutes:.0f} min from {clock.now():%H:%M} UTC\n")
        known[name] = _added(known.get(name, {}), PARTS[name], minutes)
        told.state.parent.mkdir(parents=True, exist_ok=True)
        told.state.write_text(json.dumps(known))
        report.write(known, told.minutes)
    breaches = report.breaches(known)
    sys.stdout.write("".join(f"{each}\n" for each in breaches))
    sys.exit(1 if breaches else 0)


def _added(before: Mapping[str, Any], part: Part, minutes: float) -> dict[str, Any]:
    """All lanes at once; what every command of it counted, and all that was counted before. A command that failed
    itself is forgotten when its part is run again; a breach never is."""
    started = time.monotonic()
    found = [each for each in before.get("found", ()) if part.adds and "failed" not in each]
    todo = part.commands(minutes, found)
    with ThreadPoolExecutor(len(todo)) as pool:
        lanes = [*pool.map(lambda lane: [each for line in lane for each in command.figures(line, minutes)], todo)]
    on = sorted({*before.get("on", ()), f"{clock.now():%Y-%m-%d}"})
    seconds = time.monotonic() - started + (before.get("seconds", 0.0) if part.adds else 0.0)
    return {"on": on, "seconds": seconds, "found": [*found, *(each for lane in lanes for each in lane)]}


def _on_both(commands: Callable[[str], list[Command]]) -> Sequence[Sequence[Command]]:
    return [commands(kind) for kind in grounds.KINDS]


if __name__ == "__main__":
    main()
