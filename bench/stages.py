"""CPU microseconds a mail of each stage of the send path, one after the other in one thread: where the time goes.

`python -m bench.stages [--mails 3000] [--databases sqlite postgresql] [--profile draft]`.
"""

import argparse
import cProfile
import json
import pstats
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench import houses
from drip import config, db
from drip.engine.sending import draft, due, gate, send, settle
from drip.models.message import MessageKind
from drip.providers.sendgrid.send import Outcome, Result
from workers import scheduler

STAGES = ("claim", "draft", "gate", "settle")
_Timed = Callable[[str], AbstractContextManager[None]]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mails", type=int, default=3000)
    asked.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    asked.add_argument("--profile", choices=STAGES, help="print the functions that cost most in one stage")
    told = asked.parse_args()
    print(f"| database | {' | '.join(STAGES)} | together | fixed work, ms |")
    print(f"|---|{'---|' * len(STAGES)}---|---|")
    for kind in told.databases:
        with houses.opened(kind, 9) as (settings, database):
            houses.sell(settings, database, told.mails)
            before = _speed()
            watch = send_all(settings, database, told.profile)
        if told.profile:
            pstats.Stats(watch.profile).sort_stats("tottime").print_stats(45)
        costs = [watch.spent[name] * 1e6 / told.mails for name in STAGES]
        told_costs = " | ".join(f"{cost:,.0f}" for cost in costs)
        print(f"| {kind} | {told_costs} | {sum(costs):,.0f} | {(before + _speed()) / 2:.0f} |", flush=True)


class Stopwatch:
    """CPU seconds by stage; a stage inside another counts for itself alone."""

    def __init__(self, watched: str | None) -> None:
        self.spent: Counter[str] = Counter()
        self.profile = cProfile.Profile()
        self._watched = watched
        self._stages: list[str] = []
        self._since = 0.0

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        self._turn([*self._stages, stage])
        yield
        self._turn(self._stages[:-1])

    def _turn(self, stages: list[str]) -> None:
        now = time.process_time()
        if self._stages:
            self.spent[self._stages[-1]] += now - self._since
        self._stages, self._since = stages, now
        if stages and stages[-1] == self._watched:
            self.profile.enable()
        else:
            self.profile.disable()


def send_all(settings: config.Settings, database: db.Database, watched: str | None = None) -> Stopwatch:
    """Everything that is due, as if each mail were taken at once."""
    desk, watch = draft.Desk(settings, settings.secret_key()), Stopwatch(watched)
    while _batch(settings, database, desk, watch.timed):
        pass
    return watch


def _batch(settings: config.Settings, database: db.Database, desk: draft.Desk, timed: _Timed) -> bool:
    with timed("claim"), database.write() as session:
        lease = due.claim(session, scheduler.BATCH, settings.lease_seconds, (MessageKind.check_in,))
    if lease is None:
        return False
    with timed("draft"), database.read() as session:
        drafts = draft.drafts(session, desk, lease.token)
    landed: list[settle.Settlement] = []
    size = send.group(database)
    for start in range(0, len(drafts), size):
        with timed("gate"), database.write() as session:
            handed = gate.gate(session, settings, drafts[start : start + size])
            with timed("settle"):
                settle.along(session, landed)
        landed = [_accepted(each) for each in handed]
        assert landed
    with timed("settle"), database.write() as session:
        settle.settle(session, landed)
    return True


def _accepted(each: gate.Handed) -> settle.Settlement:
    return settle.Settlement(each.message_id, each.attempt, Outcome(Result.accepted, f"sink-{each.message_id}"))


def _speed() -> float:
    """CPU milliseconds of a fixed piece of work: on a shared machine it says how fast this minute is."""
    started = time.process_time()
    for _ in range(40):
        json.loads(json.dumps({str(number): [number] * 5 for number in range(500)}))
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
