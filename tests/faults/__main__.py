"""`python -m tests.faults --long [--minutes 480] [--parts kills storms]`: every fault, on both databases side by side.

Each part has its share of the minutes and counts what it has come to. What is known stands in `--state` (one JSON
object a part) and docs/fault-report.md is written anew after each part, so a run that is cut off has reported all that
it had done, and parts can be run on another day.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drip import clock
from tests.faults import grounds, report, roles, tracer

NIGHT = 480.0
STORM_MINUTES = 8.0  # of harm; a storm takes up to as long again to begin, to recover and to be judged
RACES = 100_000
CUSTOMERS_A_MINUTE = 1000  # of a storm, two check-ins each
SENDS = 1_000_000

Command = list[str]


@dataclass(frozen=True)
class Part:
    """A share of the time, and what is run in it: one list of commands for each of two cores."""

    share: float
    commands: Callable[[float], Sequence[Sequence[Command]]]


def _models(_minutes: float) -> Sequence[Sequence[Command]]:
    return [[["model", "--senders", "3", "--mails", "1"]], [["model", "--senders", "2", "--mails", "2"]]]


def _mutants(_minutes: float) -> Sequence[Sequence[Command]]:
    return [[["mutants"]], []]


def _kills(minutes: float) -> Sequence[Sequence[Command]]:
    """Every role has a part of the time by its size; a role that is done early leaves the rest to the others."""
    return _on_both(lambda kind: [["every_line", "--role", *roles.ROLES, "--database", kind, "--visits", "3",
                                   "--altogether", f"{minutes:.1f}"]])  # fmt: skip


def _races(minutes: float) -> Sequence[Sequence[Command]]:
    each = str(RACES // len(grounds.KINDS))
    return _on_both(lambda kind: [["races", "--trials", each, "--minutes", f"{minutes:.1f}", "--database", kind]])


def _storms(minutes: float) -> Sequence[Sequence[Command]]:
    count = max(1, round(minutes / STORM_MINUTES / 1.6))
    harm = minutes / count / 1.6
    customers = str(round(harm * CUSTOMERS_A_MINUTE))
    return _on_both(lambda kind: [["nemesis", "--minutes", f"{harm:.1f}", "--seed", str(seed), "--customers", customers,
                                   "--database", kind] for seed in range(1, count + 1)])  # fmt: skip


def _simulations(minutes: float) -> Sequence[Sequence[Command]]:
    wish = ["simulation", "--sends", str(SENDS // 2), "--minutes", f"{minutes:.1f}"]
    return [[[*wish, "--seed", "1"]], [[*wish, "--seed", "100000"]]]


def _stories(minutes: float) -> Sequence[Sequence[Command]]:
    half = f"{minutes / 2:.1f}"
    return [[[module, "--minutes", half, "--seed", str(seed)] for module in ("properties", "orders")]
            for seed in (1, 100_000)]  # fmt: skip


PARTS = {
    "models": Part(0.02, _models),
    "mutants": Part(0.02, _mutants),
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
        known[name] = _run(PARTS[name], minutes)
        told.state.parent.mkdir(parents=True, exist_ok=True)
        told.state.write_text(json.dumps(known))
        report.write(known, told.minutes)
    breaches = report.breaches(known)
    sys.stdout.write("".join(f"{each}\n" for each in breaches))
    sys.exit(1 if breaches else 0)


def _run(part: Part, minutes: float) -> dict[str, Any]:
    """Both lanes at once; what every command of it counted."""
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        lanes = [*pool.map(lambda lane: [each for command in lane for each in _figures(command)],
                           part.commands(minutes))]  # fmt: skip
    took = time.monotonic() - started
    return {"on": f"{clock.now():%Y-%m-%d}", "seconds": took, "found": [each for lane in lanes for each in lane]}


def _on_both(commands: Callable[[str], list[Command]]) -> Sequence[Sequence[Command]]:
    return [commands(kind) for kind in grounds.KINDS]


def _figures(command: Command) -> list[dict[str, Any]]:
    """Breaches end a harness with code 1, after its figures. One that has failed itself is a breach, too."""
    module, *arguments = command
    whole = [sys.executable, "-m", f"tests.faults.{module}", *arguments, "--json"]
    run = subprocess.run(whole, cwd=tracer.ROOT, stdout=subprocess.PIPE, text=True)
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode not in (0, 1) or not found:
        said = run.stdout.strip().splitlines()[-1:] or ["nothing was said"]
        failed = f"`{' '.join(command)}` itself ended with code {run.returncode}: {said[0][:300]}"
        found.append({"failed": module, "breaches": [failed]})
    return found


if __name__ == "__main__":
    main()
