"""A worker of one queue: `python -m workers.worker --queue send`."""

import argparse

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from drip import queues
from drip.engine import send as sending
from workers import jobs, process

# RQ's own safety nets, made quick; ours is the lease, which needs none of them.
WORKER_TTL_SECONDS = 30
MAINTENANCE_SECONDS = 60


def main() -> None:
    """Work until told to stop; then settle what is in the air."""
    asked = argparse.ArgumentParser(description="Run jobs of one queue.")
    asked.add_argument("--queue", choices=[*queues.JOBS], required=True, type=queues.QueueName)
    name: queues.QueueName = asked.parse_args().queue
    with process.running(f"worker-{name}") as house:
        sender = sending.Sender(house.settings, house.database)
        jobs.use(sender)
        try:
            _worker(house, name).work(logging_level="WARNING")
        finally:
            sender.close()


def _worker(house: process.House, name: queues.QueueName) -> SimpleWorker:
    redis = queues.connect(house.settings)
    return SimpleWorker(
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
