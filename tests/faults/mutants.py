"""Proof that the harness is not blind: known mistakes, each built in and hunted: `python -m tests.faults.mutants`."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from tests.faults import mutants_hunters, mutants_patches, simulation_time
from tests.faults.mutants_hunters import (
    among_failures,
    among_people,
    at_the_client,
    for_duplicates,
    in_a_race,
    in_stories,
    through_a_restart,
)

PATIENCE_SECONDS = 60.0
CONTROL_SECONDS = 20.0


@dataclass(frozen=True)
class Mutant:
    """A mistake by its name, what it breaks, how it is built in and who hunts it."""

    name: str
    broken: str
    build: Callable[[], list[mutants_patches.Place]]
    hunter: mutants_hunters.Hunter


MUTANTS = (
    Mutant("mark after the request", "`handed` is written with the result, not before the first byte",
           mutants_patches.marked_late, for_duplicates),
    Mutant("retry on 5xx", "a request that got a 5xx is made again",
           partial(mutants_patches.again_when, lambda outcome: outcome.detail.startswith("50")), for_duplicates),
    Mutant("retry on timeout", "a request that got no answer is made again",
           partial(mutants_patches.again_when, lambda outcome: outcome.detail.startswith("Timeout")), for_duplicates),
    Mutant("rescue by lease", "a handed message is queued again when its lease would have lapsed",
           mutants_patches.rescued, for_duplicates),
    Mutant("resend after silence", "an ambiguous message without an event is queued again",
           mutants_patches.resent, for_duplicates),
    Mutant("no UNIQUE", "every message has a dedupe key of its own", mutants_patches.keyless, in_stories),
    Mutant("synchronous_commit off", "PostgreSQL commits before the disk has it", mutants_patches.forgetful,
           through_a_restart),
    Mutant("gate outside its transaction", "the gate looks in one transaction and writes in another",
           mutants_patches.looked_before, in_a_race),
    Mutant("gate without the customer's lock", "the gate reads customers and does not lock them",
           mutants_patches.unlocked, in_a_race),
    Mutant("client's own retries", "aiohttp repeats a POST when a kept connection breaks", mutants_patches.replaying,
           at_the_client),
    Mutant("stop checked at claim only", "the gate looks neither at stops nor at holds", mutants_patches.claimed_only,
           in_a_race),
    Mutant("cap outside the gate", "the day's cap is looked at when the letter is written",
           mutants_patches.counted_early, among_people),
    Mutant("breaker off", "nothing opens the breaker", mutants_patches.unbroken, among_failures),
    Mutant("stale look", "a request leaves however long ago its gate was", mutants_patches.patient, among_failures),
    Mutant("hold comes late", "who has written is held only when the mail has been understood",
           mutants_patches.unheld, among_people),
)  # fmt: skip


def hunted(mutant: Mutant, seconds: float = PATIENCE_SECONDS) -> tuple[str, float]:
    """What its hunter saw of a mutant, and after how many seconds."""
    began = time.monotonic()
    with simulation_time.swapped(*mutant.build()):
        seen = mutant.hunter(seconds)
    return seen, time.monotonic() - began


def control(hunter: mutants_hunters.Hunter, seconds: float = CONTROL_SECONDS) -> str:
    """What a hunter sees of the product as it is: nothing, or the harness cries wolf."""
    return hunter(seconds)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--json", "for_machines", is_flag=True, help="One object a line, for machines.")
def main(names: tuple[str, ...], for_machines: bool) -> None:
    """One line a mutant: name, seconds, who saw it, what was seen; exit 1 if one survives or the control fails."""
    failed = False
    wanted = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    for hunter in dict.fromkeys(mutant.hunter for mutant in wanted):
        began, seen = time.monotonic(), control(hunter)
        failed |= bool(seen)
        figures = {"name": "none (control)", "hunter": hunter.__name__, "took": time.monotonic() - began,
                   "seen": seen or "nothing, as it should be",
                   "breaches": [f"control: {seen}"] if seen else []}  # fmt: skip
        click.echo(json.dumps(figures) if for_machines else _line(figures))
    for mutant in wanted:
        seen, seconds = hunted(mutant)
        failed |= not seen
        figures = {"name": mutant.name, "hunter": mutant.hunter.__name__, "took": seconds, "seen": seen,
                   "breaches": [] if seen else [f"the mistake `{mutant.name}` survived"]}  # fmt: skip
        click.echo(json.dumps(figures) if for_machines else _line(figures))
    raise SystemExit(1 if failed else 0)


def _line(of: dict[str, Any]) -> str:
    return f"{of['name']:<34} {of['hunter']:<18} {of['took']:5.1f} s  {of['seen'] or 'SURVIVED'}"


if __name__ == "__main__":
    main()
