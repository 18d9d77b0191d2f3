"""The engine among people, failures and time, by a seed: `python -m tests.faults.simulation --seed 7 --sends 100000`.

One loop, one thread, one SQLite database without fsync; the provider and all clocks are the simulation's, everything
else is the product's own: Sender, claim, draft, gate, settle, reconcile, track, intake, pause, answer. The seed is the
bug report: the same seed gives the same run.
"""

import asyncio
import gc
import hashlib
import itertools
import json
import logging
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import click
from sqlalchemy import func, select

from drip.engine.sending import fast_forward
from drip.engine.sending import send as sending
from drip.models import system
from drip.models.enrollment import Enrollment, EnrollmentState
from tests import world
from tests.faults import (
    simulation_crew,
    simulation_house,
    simulation_oracle,
    simulation_people,
    simulation_provider,
    simulation_time,
)
from tests.faults.simulation_crew import CHECK_INS, PERSONAL, Stage

START = datetime(2026, 9, 1, 8, 0, tzinfo=world.NEW_YORK)
SENDERS = 3
SCHEDULERS = 2
LONGEST = timedelta(days=400)
RESTLESS_SECONDS = 1800.0  # lease + 5 minutes, the breaker's longest pause and a frozen worker together are less


@dataclass
class Report:
    """What one or many runs came to."""

    seconds: float = 0.0
    cpu: float = 0.0
    figures: Counter[str] = field(default_factory=Counter)
    breaches: list[str] = field(default_factory=list)
    digest: str = ""

    def add(self, other: "Report") -> None:
        self.seconds += other.seconds
        self.cpu += other.cpu
        self.figures += other.figures
        self.breaches += other.breaches


@dataclass(frozen=True)
class World:
    """How many customers, how much more harm and how many more answers than usual, what a breach must say to
    end the world, and the most seconds of real time; a world that ends by these is not judged as a whole."""

    buyers: int = 1000
    harm: float = 1.0
    talk: float = 1.0
    hunting: str | None = None
    most_seconds: float = 1e9


def run(seed: int, of: World) -> Report:
    """One world from its first purchase until all is quiet."""
    began, used = time.monotonic(), time.process_time()
    report = Report()
    with _stage(seed, of.harm) as (stage, folder):
        people = simulation_people.People(stage, folder, of.buyers)
        stage.oracle.heard = people.got
        stage.talk = of.talk
        stage.is_over = lambda: time.monotonic() > began + of.most_seconds or stage.oracle.has_seen(of.hunting)
        stage.loop.run_until_complete(_play(stage, people, of.harm))
        report.figures, report.breaches = (
            stage.oracle.figures,
            [f"seed {seed}: {each}" for each in stage.oracle.breaches],
        )
        report.figures["virtual seconds"] = int(stage.loop.seconds)
        report.digest = hashlib.sha256(repr(sorted(stage.oracle.taken_at.items())).encode()).hexdigest()
    report.seconds, report.cpu = time.monotonic() - began, time.process_time() - used
    return report


@contextmanager
def _stage(seed: int, harm: float) -> Iterator[tuple[Stage, Path]]:
    """A fresh house in memory, its clocks and its provider."""
    chance, loop = Random(seed), simulation_time.Loop()
    on = simulation_time.Clock(loop)
    oracle = simulation_oracle.Oracle(on)
    shared = Path("/dev/shm")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None)))
        stack.enter_context(simulation_time.ruled(on, chance))
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(50_000)
        stack.enter_context(simulation_time.swapped((sending, "_end_if_broken", lambda _: None),
                                                    *simulation_oracle.noting(oracle)))  # fmt: skip
        stack.callback(logging.getLogger("drip").setLevel, logging.getLogger("drip").level)
        logging.getLogger("drip").setLevel(logging.CRITICAL)
        database = simulation_house.database(folder)
        simulation_time.hang(database, on)
        stack.callback(database.close)
        stack.callback(loop.close)
        loop.set_exception_handler(_only_news)
        settings = world.settings(folder, str(database.url))
        provider = simulation_provider.Provider(chance, oracle, harm)
        yield Stage(settings, database, loop, on, chance, oracle, provider), folder


def _only_news(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A killed process complains to nobody; anything else that goes wrong in a callback is a breach of its own."""
    trouble = context.get("exception")
    if trouble is not None and not isinstance(trouble, simulation_crew.Killed):
        raise trouble


async def _play(stage: Stage, people: simulation_people.People, harm: float) -> None:
    stage.write(lambda session: system.move_clock(session, START - system.business_now(session)))
    people.move_in()
    nemesis = simulation_crew.Nemesis(stage, SENDERS)
    actors = [simulation_crew.scheduler(stage, kinds) for kinds in (CHECK_INS, PERSONAL) for _ in range(SCHEDULERS)]
    actors += [simulation_crew.reconciler(stage), simulation_crew.clerk(stage), people.watch()]
    tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(each) for each in actors]
    await _weeks(stage, people, nemesis, harm)
    await nemesis.rest()
    people.calm()
    stage.provider.weather = simulation_provider.CALM
    while not stage.is_over() and _walking(stage) and stage.read(system.business_now) < START + LONGEST:
        await _until(stage, stage.read(system.business_now) + timedelta(days=7))
        people.calm()
    for worker in nemesis.workers:
        worker.kill()
    await simulation_crew.ended(tasks)
    if not stage.is_over():
        stage.read(stage.oracle.judge)


async def _weeks(stage: Stage, people: simulation_people.People, nemesis: simulation_crew.Nemesis, harm: float) -> None:
    """Wave after wave, with harm around each."""
    end, chance = START + timedelta(days=24), stage.chance
    while (at := await _jump(stage, end)) is not None and at < end:
        people.wave()
        if chance.random() < 0.4 * harm:
            nemesis.strike()
        if chance.random() < 0.04 * harm:
            stage.loop.call_later(chance.random(), stage.provider.storm, 20 + 60 * chance.random())
        if chance.random() < 0.05:
            stage.clock.jump(timedelta(seconds=chance.randrange(-90, 90)))
        if chance.random() < 0.03:
            stage.write(lambda session: system.move_clock(session, timedelta(hours=chance.choice((-30, -2, 3, 26)))))


async def _until(stage: Stage, end: datetime) -> None:
    while (at := await _jump(stage, end)) is not None and at < end:
        pass


async def _jump(stage: Stage, end: datetime) -> datetime | None:
    """Wait until nothing moves, then to the next due instant; None when the run is over."""
    since = stage.loop.seconds
    while not stage.is_over():
        if stage.loop.seconds - since > RESTLESS_SECONDS:
            stage.read(stage.oracle.name_the_restless)
            return None
        await stage.rest(0.5, 10.0)
        at = stage.write(lambda session: fast_forward.step(session, end))
        if at is not None:
            stage.awake()
            return at
    return None


def _walking(stage: Stage) -> int:
    active = Enrollment.state.in_((EnrollmentState.active, EnrollmentState.paused))
    return stage.read(lambda session: session.scalar(select(func.count()).where(active)) or 0)


def run_many(seed: int, sends: int, of: World, jobs: int, until: float = 1e12) -> Iterator[Report]:
    """Worlds of their own, seed after seed, until so many mails were taken or so late (monotonic seconds); a world that
    has begun is played to its end."""
    taken, fresh = 0, itertools.count(seed)
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(run, next(fresh), of) for _ in range(jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for report in (each.result() for each in done):
                taken += report.figures["sends"]
                running |= {pool.submit(run, next(fresh), of)} if taken < sends and time.monotonic() < until else set()
                yield report


def _show(total: Report, worlds: int, wall: float) -> None:
    sends = total.figures["sends"]
    rate = f"{wall:.0f} s, {sends / wall:,.0f} a second, {sends / total.cpu:,.0f} a second of a core"
    click.echo(f"{sends:,} sends in {worlds} worlds, {rate}; breaches: {len(total.breaches)}")
    click.echo(", ".join(f"{name} {count:,}" for name, count in sorted(total.figures.items())))


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--sends", default=100_000, show_default=True)
@click.option("--buyers", default=1000, show_default=True, help="Customers of one world.")
@click.option("--harm", default=1.0, show_default=True, help="How much more goes wrong than usual.")
@click.option("--jobs", default=1, show_default=True, help="Worlds at a time.")
@click.option("--minutes", default=1e6, help="At most so long, however few were taken by then.")
@click.option("--json", "for_machines", is_flag=True, help="Figures for machines.")
def main(seed: int, sends: int, buyers: int, harm: float, jobs: int, minutes: float, for_machines: bool) -> None:
    """Run until so many mails were taken; exit 1 when a promise broke."""
    began, total, worlds = time.monotonic(), Report(), 0
    until = began + 60 * minutes
    for report in run_many(seed, sends, World(buyers, harm), jobs, until):
        worlds += 1
        total.add(report)
        if not for_machines:
            click.echo(f"world {worlds}: {report.figures['sends']:,} sends, {report.seconds:.0f} s")
        for sentence in report.breaches:
            click.echo(f"BREACH {sentence}")
    if for_machines:
        click.echo(json.dumps({"worlds": worlds, "seconds": total.cpu, "figures": total.figures,
                               "last_seed": seed + worlds - 1, "breaches": total.breaches}))  # fmt: skip
    _show(total, worlds, time.monotonic() - began)
    raise SystemExit(1 if total.breaches else 0)


if __name__ == "__main__":
    main()
