"""Redis as a doorbell: jobs carry a token, never content, and SQL finds all work again when they are lost."""

from enum import StrEnum

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from drip import config, errors

BELL = "drip:bell"
JOB_SECONDS = 3600  # far above any batch: RQ's alarm strikes inside any line of code
KEPT_SECONDS = 600  # a failed job, for people to look at; its work is found again in SQL


Connection = Redis  # what `connect` gives, for those who only pass it on


class NoRedisError(errors.DripError):
    """Redis does not answer."""


class QueueName(StrEnum):
    """What workers wait for. No worker serves two: RQ may lose a job that it takes from one of several."""

    send = "send"
    inbound = "inbound"
    events = "events"
    notices = "notices"


# The only functions that a job may name.
JOBS = {
    QueueName.send: "workers.jobs.send",
    QueueName.notices: "workers.jobs.send",
    QueueName.events: "workers.jobs.apply_events",
    QueueName.inbound: "workers.jobs.understand",
}


def connect(settings: config.Settings) -> Redis:
    """A connection; nothing is asked of the server yet. Raises SettingError."""
    try:
        return Redis.from_url(settings.redis(), socket_connect_timeout=5)
    except ValueError:  # its words can hold a piece of the password
        raise config.SettingError(config.BAD_REDIS_URL) from None


def ping(settings: config.Settings) -> bool:
    """Whether Redis answers."""
    try:
        return bool(connect(settings).ping())
    except (RedisError, config.SettingError):
        return False


def queue(redis: Redis, name: QueueName) -> Queue:
    """An RQ queue that speaks JSON, so that reading a job can never run code."""
    return Queue(name, connection=redis, serializer=JSONSerializer)


def enqueue(redis: Redis, name: QueueName, token: str) -> None:
    """Ring for a worker. When this is lost, the lease lapses and the work is claimed again."""
    queue(redis, name).enqueue_call(
        JOBS[name], args=(token,), timeout=JOB_SECONDS, result_ttl=0, failure_ttl=KEPT_SECONDS
    )


def nudge(redis: Redis, name: QueueName) -> None:
    """Ring for a worker that looks in SQL for what waits; not when a job waits already, since that one starts later
    than this call and finds it all. Call it after the commit. Raises NoRedisError."""
    try:
        if not queue(redis, name).count:
            enqueue(redis, name, "")
    except RedisError as trouble:
        raise NoRedisError(f"Redis does not answer ({trouble}).") from None


def ring(redis: Redis) -> None:
    """Wake the scheduler: something has fallen due. Raises NoRedisError."""
    try:
        redis.lpush(BELL, 1)
        redis.ltrim(BELL, 0, 0)
    except RedisError as trouble:
        raise NoRedisError(f"Redis does not answer ({trouble}). Is `drip up` running?") from None


def wait_for_bell(redis: Redis, seconds: float) -> bool:
    """Sleep until the bell rings or the time is over."""
    return redis.brpop([BELL], timeout=seconds) is not None
