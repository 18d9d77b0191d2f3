"""A worker of one queue: `python -m workers.worker --queue send`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from drip import queues
from drip.engine.sending import send as sending
from workers import cores, jobs, process

# RQ's own safety nets, made quick; ours is the lease, which needs none of them.
WORKER_TTL_SECONDS = 30
MAINTENANCE_SECONDS = 60
SENDING = frozenset({queues.QueueName.send, queues.QueueName.notices})
# A request must not wait for the next gate's Python: a stop that commits between its gate and its first byte should
# have to be quick (Python's own 5 ms would be all that promise 4 allows).
TURN_SECONDS = 0.0005


def main() -> None:
    """Work until told to stop; then settle what is in the air."""
    asked = argparse.ArgumentParser(description="Run jobs of one queue.")
    asked.add_argument("--queue", choices=[*queues.JOBS], required=True, type=queues.QueueName)
    asked.add_argument("--core", type=int, help="stay on this core of the machine")
    told = asked.parse_args()
    name: queues.QueueName = told.queue
    if told.core is not None:
        cores.stay_on(told.core)
    with process.running(f"worker-{name}") as house, _equipped(house, name):
        _worker(house, name).work(logging_level="WARNING")


class Worker(SimpleWorker):
    """Told to stop, it gates nothing more; the job under way ends at once and what is in the air is settled."""

    def request_stop(self, signum: int, frame: object) -> None:
        jobs.stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


@contextmanager
def _equipped(house: process.House, name: queues.QueueName) -> Iterator[None]:
    """What the jobs of a queue need: a way out for those that send, the house for the others."""
    jobs.live_in(house)
    if name not in SENDING:
        yield
        return
    sys.setswitchinterval(TURN_SECONDS)
    sender = sending.Sender(house.settings, house.database)
    jobs.use(sender)
    try:
        yield
    finally:
        sender.close()


def _worker(house: process.House, name: queues.QueueName) -> Worker:
    redis = queues.connect(house.settings)
    return Worker(
        [queues.queue(redis, name)],
        connection=redis,
        job_class=jobs.TableJob,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_SECONDS,
        maintenance_interval=MAINTENANCE_SECONDS,
        log_job_description=False,
    )


if __name__ == "__main__":
    main()
