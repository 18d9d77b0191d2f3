"""The only functions that a job may name; each takes an id or a lease token and decides nothing."""

from collections.abc import Callable
from typing import ClassVar

from rq.job import Job

from drip.engine.replies import receive, track
from drip.engine.sending import send as sending
from workers import process

_sender: list[sending.Sender] = []
_house: list[process.House] = []


def use(sender: sending.Sender) -> None:
    """Give this process its way out, whose connections outlive all jobs."""
    _sender[:] = [sender]


def stop() -> None:
    """The process is going home."""
    for sender in _sender:
        sender.stop()


def live_in(house: process.House) -> None:
    """Give this process settings and database, for jobs that send nothing."""
    _house[:] = [house]


def send(lease_token: str) -> None:
    """Take the batch behind a lease through the gate."""
    _sender[0].send(lease_token)


def apply_events(_token: str) -> None:
    """Apply stored events, portion after portion while they come full; what is stored later rings again."""
    house = _house[0]
    key = house.settings.secret_key()
    while _apply(house, key) == track.PORTION:
        pass


def understand(_token: str) -> None:
    """Read what customers wrote until nothing waits; the sweep comes back for what failed."""
    receive.understand_waiting(_house[0].database, _house[0].settings)


def _apply(house: process.House, key: bytes) -> int:
    with house.database.write() as session:
        return track.apply_waiting(session, key)


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
