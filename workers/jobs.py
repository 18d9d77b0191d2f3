"""The only functions that a job may name; each takes an id or a lease token and decides nothing.

What reads mail and events is imported by whoever does: a send worker stays five megabytes smaller.
"""

import time
from collections.abc import Callable
from typing import ClassVar

from rq.job import Job

from drip import clock
from drip.engine.sending import send as sending
from workers import process

BREATH_SECONDS = 0.05
TURN_SECONDS = 0.002  # for those who wait to write, on SQLite: a lock that is taken again at once wakes nobody
LONGEST_SECONDS = 300.0  # of one job of events; far below the alarm of RQ

_sender: list[sending.Sender] = []
_house: list[process.House] = []
_going_home: list[bool] = []


def use(sender: sending.Sender) -> None:
    """Give this process its way out, whose connections outlive all jobs."""
    _sender[:] = [sender]


def stop() -> None:
    """The process is going home."""
    _going_home[:] = [True]
    for sender in _sender:
        sender.stop()


def live_in(house: process.House) -> None:
    """Give this process settings and database, for jobs that send nothing."""
    _house[:] = [house]


def send(lease_token: str) -> None:
    """Take the batch behind a lease to the gate; the job may end before it has passed, because what counts is SQL."""
    _sender[0].take(lease_token)


def apply_events(_token: str) -> None:
    """Apply stored events until none comes any more: in a busy hour a job that looks again after a breath costs less
    than one job after the other, and takes what has come together."""
    from drip.engine.replies import track

    house, ends_at = _house[0], clock.monotonic() + LONGEST_SECONDS
    key = house.settings.secret_key()

    def apply() -> int:
        with house.database.write() as session:
            return track.apply_waiting(session, key)

    while (applied := apply()) and not _going_home and clock.monotonic() < ends_at:
        time.sleep(BREATH_SECONDS if applied < track.PORTION else TURN_SECONDS)


def understand(_token: str) -> None:
    """Read what customers wrote until nothing waits; the sweep comes back for what failed."""
    from drip.engine.replies import receive

    receive.understand_waiting(_house[0].database, _house[0].settings)


class RefusedJobError(Exception):
    """A job names a function that is not in the table: somebody else has written to our Redis."""


class TableJob(Job):
    """RQ imports whatever a job names; ours may name only what stands in TABLE, and have no callbacks."""

    TABLE: ClassVar[dict[str, Callable[[str], None]]] = {
        "workers.jobs.send": send,
        "workers.jobs.apply_events": apply_events,
        "workers.jobs.understand": understand,
    }

    @property
    def func(self) -> Callable[[str], None]:
        found = self.TABLE.get(self.func_name or "")
        if found is None:
            raise RefusedJobError(f"This job asks for {self.func_name!r}, which no worker of ours runs.")
        return found

    @property
    def success_callback(self) -> None:
        return None

    @property
    def failure_callback(self) -> None:
        return None

    @property
    def stopped_callback(self) -> None:
        return None
