"""Where the processes of a role come from: forks that have their caches warm, or that begin as from the shell.

A process that has lived one spell of the role's work before has its statements compiled and its templates parsed, and
lives the next one in a fraction of the time. Lines that such a one does not pass any more, because they fill a cache,
are tried on a process that begins cold.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, create_engine

from drip import db
from tests.faults import forks, roles, tracer

Seen = Counter[tuple[str, int]]


class Nursery:
    """Processes of one role; `seen` is what one that begins cold passes through."""

    def __init__(self, role: roles.Role, log: Any, prepare: Callable[[], None]) -> None:
        """`prepare` makes everything as it is before a spell of work; it is called before each."""
        self._role, self._log, self._engines = role, log, _Engines()
        self._warm = forks.Companion(self._grow_warm, log)
        prepare()
        self._warm.ask("live")
        prepare()
        self._seen_warm = _counter(forks.of(self._warm.ask("record")))
        prepare()
        self.seen = _counter(forks.run(self._record, log))

    def die(self, point: tracer.Point) -> forks.Ended:
        """One spell of work in a fresh process, until the point, or until its end if it never gets there."""
        if self._seen_warm[point.file, point.line] >= point.visit:
            return forks.of(self._warm.ask("die", point.file, point.line, point.visit))
        return forks.run(lambda: self._die(point), self._log)

    def close(self) -> None:
        self._warm.close()

    def _grow_warm(self) -> dict[str, forks.Task]:
        db.create_engine = self._engines.lend
        return {
            "live": self._role.work,
            "record": lambda: forks.run(self._record, self._log).__dict__,
            "die": lambda *at: forks.run(lambda: self._die(tracer.Point(*at)), self._log).__dict__,
        }

    def _record(self) -> object:
        self._engines.anew()
        seen = tracer.record()
        self._role.work()
        return [[file, line, count] for (file, line), count in seen.items()]

    def _die(self, point: tracer.Point) -> None:
        self._engines.anew()
        tracer.strike(point)
        self._role.work()


def _counter(ended: forks.Ended) -> Seen:
    assert not ended.trouble, ended.trouble
    return Counter({(file, line): count for file, line, count in ended.said})


class _Engines:
    """An engine owns the statements that were compiled for it: a process that asks for its first, its second one gets
    what the one before it had as that. Their pools are empty at its birth, because who goes home closes its database.
    """

    def __init__(self) -> None:
        self._made: list[Engine] = []
        self._lent = 0

    def anew(self) -> None:
        self._lent = 0

    def lend(self, url: Any, **wishes: Any) -> Engine:
        """In the place of create_engine; a process of ours knows one database."""
        if self._lent == len(self._made):
            self._made.append(create_engine(url, **wishes))
        self._lent += 1
        return self._made[self._lent - 1]
