"""Stored events find their worker: by the bell of whoever stored them, or by the scheduler's sweep."""

from collections.abc import Iterator
from functools import partial

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from drip import config, db, queues
from drip.engine.replies import track
from drip.queues import QueueName
from drip.web import webhooks
from tests import sandbox_process, world
from tests.engine.replies import telling
from workers import jobs, process, scheduler, valkey


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded Valkey of our own."""
    folder = tmp_path_factory.mktemp("valkey")
    settings = world.settings(folder, f"sqlite:///{folder / 'unused.db'}")
    server = valkey.child(settings)
    server.start()
    valkey.wait(settings)
    yield settings.redis()
    assert server.process is not None
    server.process.terminate()
    server.process.wait(10)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as connection:
        connection.flushall()
        yield connection


@pytest.fixture
def house(published_world: db.Database, tmp_path_factory: pytest.TempPathFactory) -> process.House:
    settings = world.settings(tmp_path_factory.mktemp("house"), str(published_world.url))
    house = process.House(settings, published_world)
    jobs.live_in(house)
    return house


def store(house: process.House, number: int) -> None:
    telling.store(house.database, *(telling.event("open", "0" * 26) for _ in range(number)))


def work(redis: Redis) -> None:
    """One worker takes all jobs of the queue `events`, and ends."""
    queue = queues.queue(redis, QueueName.events)
    worker = SimpleWorker([queue], connection=redis, job_class=jobs.TableJob, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="CRITICAL")


def waiting(house: process.House) -> int:
    return sum(row.applied_at is None for row in telling.kept(house.database))


def test_a_job_applies_all_that_waits_whoever_rang(house: process.House, redis: Redis) -> None:
    store(house, track.PORTION + 3)
    queues.nudge(redis, QueueName.events)
    work(redis)
    assert waiting(house) == 0


def test_a_job_takes_along_what_is_stored_while_it_works(
    house: process.House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The breath that it takes between two looks is when more comes in."""
    left = [3, 2, 1]
    monkeypatch.setattr(jobs.time, "sleep", lambda _: store(house, left.pop()) if left else None)
    store(house, 1)
    jobs.apply_events("")
    assert (left, waiting(house)) == ([], 0)


def test_a_job_goes_home_with_its_worker_and_another_takes_what_is_left(
    house: process.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_going_home", [True])
    monkeypatch.setattr(track, "PORTION", 2)
    monkeypatch.setattr(track, "apply_waiting", partial(track.apply_waiting, limit=2))
    store(house, 5)
    jobs.apply_events("")
    assert waiting(house) == 3


def test_a_bell_that_rings_already_is_not_rung_again(house: process.House, redis: Redis) -> None:
    for _ in range(5):
        queues.nudge(redis, QueueName.events)
    (job,) = queues.queue(redis, QueueName.events).jobs
    assert (job.func_name, list(job.args)) == ("workers.jobs.apply_events", [""])


def test_the_sweep_rings_for_what_waits_and_for_nothing_else(house: process.House, redis: Redis) -> None:
    scheduler.ring_for_stored(house, redis)
    assert queues.queue(redis, QueueName.events).count == 0
    store(house, 2)
    redis.flushall()
    scheduler.ring_for_stored(house, redis)
    work(redis)
    assert waiting(house) == 0


def test_the_web_process_rings_and_does_not_mind_when_nobody_hears(
    redis_url: str, redis: Redis, settings: config.Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for url in (f"redis://127.0.0.1:{sandbox_process.free_port()}", redis_url):
        rung = world.settings(tmp_path_factory.mktemp("rung"), "sqlite://", REDIS_URL=url)
        webhooks.ring(rung, QueueName.events)
    webhooks.ring(settings, QueueName.events)  # no Redis is known at all
    assert queues.queue(redis, QueueName.events).count == 1
