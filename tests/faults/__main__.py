"""`python -m tests.faults --long`: every fault, whole, on both databases side by side; writes docs/fault-report.md."""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from drip import clock
from tests.faults import grounds, report, roles, tracer

RACES = 100_000
CUSTOMERS = 12_000  # of a storm, two check-ins each: six storms send more than 50,000 mails


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--long", action="store_true", required=True, help="hours, on two cores")
    asked.add_argument("--sample", default="1", help="share of the lines to be killed at, such as 1/10")
    asked.add_argument("--races", type=int, default=RACES, help="trials on both databases together")
    asked.add_argument("--minutes", type=float, default=10, help="of each storm")
    asked.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="a storm on each database for each")
    told = asked.parse_args()
    kills = [["every_line", "--role", *roles.ROLES, "--sample", told.sample]]
    races = [["races", "--trials", str(told.races // len(grounds.KINDS))]]
    storms = [["nemesis", "--minutes", str(told.minutes), "--seed", str(seed), "--customers", str(CUSTOMERS)]
              for seed in told.seeds]  # fmt: skip
    found = report.Long(_everywhere(kills), _everywhere(races), _everywhere(storms))
    report.write(found, clock.now().date())
    sys.stdout.write("".join(f"{each}\n" for each in found.breaches))
    sys.exit(1 if found.breaches else 0)


def _everywhere(commands: list[list[str]]) -> list[dict[str, Any]]:
    """One process for each database, both at once."""
    every = [[*command, "--database", kind] for command in commands for kind in grounds.KINDS]
    with ThreadPoolExecutor(len(grounds.KINDS)) as pool:
        return [figures for printed in pool.map(_figures, every) for figures in printed]


def _figures(command: list[str]) -> list[dict[str, Any]]:
    """Breaches end a harness with code 1, after its figures; without figures it has failed itself."""
    module, *arguments = command
    whole = [sys.executable, "-m", f"tests.faults.{module}", *arguments, "--json"]
    run = subprocess.run(whole, cwd=tracer.ROOT, stdout=subprocess.PIPE, text=True)
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    if not found:
        raise SystemExit(f"{' '.join(command)} ended with code {run.returncode}: {run.stdout[-2000:]}")
    return found


if __name__ == "__main__":
    main()
