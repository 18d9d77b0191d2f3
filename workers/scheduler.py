"""The scheduler: claims what is due and rings for workers. Any number of them may run; SQL keeps them apart."""

import logging
import signal
import time
from collections.abc import Callable

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from drip import clock, config, logs, queues
from drip.engine.handoffs import hand_off
from drip.engine.sending import due, outage, reconcile
from drip.models import delivery_event, inbound, outbox, system
from drip.models.message import MessageKind
from workers import process

BATCH = 320  # messages of a lease: whole gates on either database
# What stands claimed cannot be edited, paused or stopped for free: at most so much, less where some of it lapses.
MOST_CLAIMED = 2000
REST_SECONDS = 1.0
BUSY_SECONDS = 0.1  # between looks while there is more due than may stand claimed at once
BUSY_FOR_SECONDS = 2.0
SWEEP_SECONDS = 5.0

log = logging.getLogger("drip.scheduler")

SERVED = {
    queues.QueueName.notices: (MessageKind.answer, MessageKind.notice),
    queues.QueueName.send: (MessageKind.check_in,),
}
# What came from outside and was stored: whoever stored it has rung, but a bell can be lost.
STORED: dict[queues.QueueName, Callable[[Session], bool]] = {
    queues.QueueName.events: delivery_event.any_waiting,
    queues.QueueName.inbound: inbound.any_stored,
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


def tick(house: process.House, redis: Redis, most: int = MOST_CLAIMED) -> int:
    """Claim and hand to workers all that is due and may leave, while fewer than `most` stand claimed; the number of
    messages claimed."""
    if house.settings.mode is config.Mode.off:
        return 0
    return sum(_serve(house, redis, name, most) for name in _waiting(house, most))


def sweep(house: process.House) -> int:
    """What was handed and never settled is in doubt, what was claimed and never gated is free; snoozed ones wake. How
    many claims had lapsed."""
    with house.database.write() as session:
        found = reconcile.reconcile(session, house.settings.answer_seconds)
        woken = hand_off.wake(session)
    if found.ambiguous or found.unclaimed or woken:
        log.warning(logs.line("swept", ambiguous=found.ambiguous, unclaimed=found.unclaimed, woken=woken))
    return found.unclaimed


def most_claimed(before: int, lapsed: int) -> int:
    """How much may stand claimed after a sweep: half as much where some of it lapsed, because workers that are slower
    than we claim would have to throw it away; else a batch more (as TCP does, RFC 5681 3.1)."""
    return max(BATCH, before // 2) if lapsed else min(MOST_CLAIMED, before + BATCH)


def ring_for_stored(house: process.House, redis: Redis) -> None:
    """Ring for the workers of what was stored and still waits."""
    with house.database.read() as session:
        found = [name for name, any_waiting in STORED.items() if any_waiting(session)]
    for name in found:
        queues.nudge(redis, name)


def live_on(house: process.House) -> bool:
    """Note that mail may leave, and deal with what was missed when it could not for long; False while it cannot."""
    if house.settings.mode is config.Mode.off:
        return True
    with house.database.write() as session:
        return outage.live_on(session)


def _waiting(house: process.House, most: int) -> list[queues.QueueName]:
    """Queues for which something is due: looked for without locking anything, because most ticks find nothing."""
    with house.database.read() as session:
        if outbox.claimed_count(session, system.now(session).real_at) >= most:
            return []
        return [name for name, kinds in SERVED.items() if due.is_waiting(session, kinds)]


def _serve(house: process.House, redis: Redis, name: queues.QueueName, most: int) -> int:
    """Batch after batch while they come full; what one claim leaves over, the next tick finds. A claim need not wait
    for the disk: lost in a crash, it is due again, and nothing of it has passed a gate, which would have kept it."""
    claimed = 0
    while True:
        with house.database.write(durable=False) as session:
            lease = due.claim(session, BATCH, house.settings.lease_seconds, SERVED[name])
        if lease is None:
            return claimed
        queues.enqueue(redis, name, lease.token)
        claimed += lease.count
        log.info(logs.line("claimed", queue=name, lease=lease.token, messages=lease.count))
        if lease.count < BATCH or claimed >= most:
            return claimed


def _run(house: process.House) -> None:
    redis = queues.connect(house.settings)
    swept_at = claimed_at = 0.0
    most = MOST_CLAIMED
    while True:
        try:
            if clock.monotonic() - swept_at > SWEEP_SECONDS:
                swept_at = clock.monotonic()
                most = most_claimed(most, sweep(house))
                ring_for_stored(house, redis)
                if not live_on(house):
                    swept_at = 0.0  # the provider is down: look again before each claim
            claimed_at = clock.monotonic() if tick(house, redis, most) else claimed_at
            _ticked(house)
            is_busy = clock.monotonic() - claimed_at < BUSY_FOR_SECONDS
            queues.wait_for_bell(redis, BUSY_SECONDS if is_busy else REST_SECONDS)
        except (RedisError, queues.NoRedisError, SQLAlchemyError) as trouble:
            log.warning(logs.line("scheduler.waits", error=type(trouble).__name__, detail=str(trouble)[:200]))
            time.sleep(REST_SECONDS)


def _ticked(house: process.House) -> None:
    if house.heart is not None:
        house.heart.ticks_at = clock.monotonic()


def _stop(_number: int, _frame: object) -> None:
    raise Stopped


if __name__ == "__main__":
    main()
