"""The only functions that a job may name; each takes an id or a lease token and decides nothing."""

from collections.abc import Callable
from typing import ClassVar

from rq.job import Job

from drip.engine import send as sending

_sender: list[sending.Sender] = []


def use(sender: sending.Sender) -> None:
    """Give this process its way out, whose connections outlive all jobs."""
    _sender[:] = [sender]


def send(lease_token: str) -> None:
    """Take the batch behind a lease through the gate."""
    _sender[0].send(lease_token)


class RefusedJobError(Exception):
    """A job names a function that is not in the table: somebody else has written to our Redis."""


class TableJob(Job):
    """RQ imports whatever a job names; ours may name only what stands in TABLE, and have no callbacks."""

    TABLE: ClassVar[dict[str, Callable[[str], None]]] = {"workers.jobs.send": send}

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
