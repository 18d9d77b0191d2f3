"""A whole Drip as processes that may be killed, frozen and hired at will; who dies is started again at once."""

import os
import random
import signal
import time
from dataclasses import dataclass, field

from drip import config
from tests.faults.house import House
from workers import children

CREW = {
    "scheduler": ("workers.scheduler",),
    "scheduler-2": ("workers.scheduler",),
    "send": ("workers.worker", "--queue", "send"),
    "send-2": ("workers.worker", "--queue", "send"),
    "notices": ("workers.worker", "--queue", "notices"),
    "events": ("workers.worker", "--queue", "events"),
    "inbound": ("workers.worker", "--queue", "inbound"),
    "web": ("workers.web",),
}
MOST_SCHEDULERS = 5


@dataclass
class Fleet:
    """Everybody by name, and who is frozen until when (monotonic seconds)."""

    environ: dict[str, str]
    crew: dict[str, children.Child] = field(default_factory=dict)
    frozen: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, house: House, web_port: int, **changed: str) -> "Fleet":
        """`changed`: settings in which their world differs from ours."""
        fleet = cls({**config.environment(), **house.environ, "DRIP_WEB_PORT": str(web_port), **changed})
        for name, command in CREW.items():
            fleet.hire(name, *command)
        return fleet

    def hire(self, name: str, *command: str) -> None:
        self.crew[name] = children.Child(name, children.module(*command), self.environ)
        self.crew[name].start()

    def hire_scheduler(self) -> None:
        """One more, up to five; then all but two are killed."""
        extra = [name for name in self.crew if name.startswith("scheduler-x")]
        if len(extra) + 2 < MOST_SCHEDULERS:
            self.hire(f"scheduler-x{len(extra)}", "workers.scheduler")
            return
        for name in extra:
            self._end(self.crew.pop(name), signal.SIGKILL)

    def kill(self, chance: random.Random) -> None:
        """kill -9 of anybody."""
        self._end(self.crew[chance.choice([*self.crew])], signal.SIGKILL)

    def freeze(self, chance: random.Random, seconds: float) -> None:
        """SIGSTOP: for the others it may as well be dead; then it goes on where it was."""
        name = chance.choice([name for name in self.crew if name not in self.frozen])
        self._signal(self.crew[name], signal.SIGSTOP)
        self.frozen[name] = time.monotonic() + seconds

    def tend(self) -> None:
        """Thaw whose time has come, and start again who has died."""
        for name in [name for name, until in self.frozen.items() if until < time.monotonic()]:
            del self.frozen[name]
            if name in self.crew:
                self._signal(self.crew[name], signal.SIGCONT)
        for child in self.crew.values():
            if child.process is not None and child.process.poll() is not None:
                child.start()

    def thaw(self) -> None:
        """Everybody goes on."""
        self.frozen = dict.fromkeys(self.frozen, 0.0)
        self.tend()

    def go_home(self) -> None:
        """In order; who doesn't is killed."""
        self.thaw()
        for child in self.crew.values():
            self._signal(child, signal.SIGTERM)
        deadline = time.monotonic() + 30
        for child in self.crew.values():
            while child.process is not None and child.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            self._end(child, signal.SIGKILL)

    def _end(self, child: children.Child, number: signal.Signals) -> None:
        self._signal(child, number)
        if child.process is not None:
            child.process.wait()

    def _signal(self, child: children.Child, number: signal.Signals) -> None:
        if child.process is not None and child.process.poll() is None:
            os.kill(child.process.pid, number)
