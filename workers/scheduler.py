"""The scheduler: claims what is due and rings for workers. Any number of them may run; SQL keeps them apart."""

import logging
import signal
import time

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from drip import clock, config, logs, queues
from drip.engine import due, reconcile
from drip.models import message
from drip.models.message import MessageKind
from workers import process

BATCH = 250
MOST_CLAIMED = 2000  # what stands claimed cannot be edited, paused or stopped for free: keep it short
REST_SECONDS = 1.0
SWEEP_SECONDS = 5.0

log = logging.getLogger("drip.scheduler")

SERVED = {
    queues.QueueName.notices: (MessageKind.answer, MessageKind.notice),
    queues.QueueName.send: (MessageKind.check_in,),
}


class Stopped(Exception):
    """Somebody asked us to stop."""


def main() -> None:
    """Tick when the bell rings, and once a second."""
    with process.running("scheduler") as house:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        try:
            _run(house)
        except Stopped:
            log.info(logs.line("scheduler.stopped"))


def tick(house: process.House, redis: Redis) -> int:
    """Claim and hand to workers all that is due and may leave; the number of messages claimed."""
    if house.settings.mode is config.Mode.off:
        return 0
    return sum(_serve(house, redis, name) for name in _waiting(house))


def _waiting(house: process.House) -> list[queues.QueueName]:
    """Queues for which something is due: looked for without locking anything, because most ticks find nothing."""
    with house.database.read() as session:
        if message.claimed_count(session) >= MOST_CLAIMED:
            return []
        return [name for name, kinds in SERVED.items() if due.is_waiting(session, kinds)]


def _serve(house: process.House, redis: Redis, name: queues.QueueName) -> int:
    """Batch after batch while they come full; what one claim leaves over, the next tick finds."""
    claimed = 0
    while True:
        with house.database.write() as session:
            lease = due.claim(session, BATCH, house.settings.lease_seconds, SERVED[name])
        if lease is None:
            return claimed
        queues.enqueue(redis, name, lease.token)
        claimed += lease.count
        log.info(logs.line("claimed", queue=name, lease=lease.token, messages=lease.count))
        if lease.count < BATCH or claimed >= MOST_CLAIMED:
            return claimed


def _run(house: process.House) -> None:
    redis = queues.connect(house.settings)
    swept_at = 0.0
    while True:
        try:
            if clock.monotonic() - swept_at > SWEEP_SECONDS:
                swept_at = clock.monotonic()
                _sweep(house)
            tick(house, redis)
            queues.wait_for_bell(redis, REST_SECONDS)
        except (RedisError, SQLAlchemyError) as trouble:
            log.warning(logs.line("scheduler.waits", error=type(trouble).__name__, detail=str(trouble)[:200]))
            time.sleep(REST_SECONDS)


def _sweep(house: process.House) -> None:
    with house.database.write() as session:
        doubtful = reconcile.reconcile(session, house.settings.answer_seconds)
    if doubtful:
        log.warning(logs.line("reconciled", ambiguous=doubtful))


def _stop(_number: int, _frame: object) -> None:
    raise Stopped


if __name__ == "__main__":
    main()
