"""Jobs are hints: the token of a batch, a fixed table of functions, JSON; running one twice or wrongly does nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from rq import SimpleWorker
from rq.job import Callback, Job
from rq.serializers import JSONSerializer

from drip import config, db, queues
from drip.engine.sending import send
from drip.models.message import MessageState
from drip.queues import QueueName
from tests import sandbox_process, world
from tests.world import sending
from workers import jobs, process, scheduler, valkey


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """An embedded Valkey of our own."""
    folder = tmp_path_factory.mktemp("valkey")
    settings = world.settings(folder, f"sqlite:///{folder / 'unused.db'}")
    server = valkey.child(settings)
    server.start()
    valkey.wait(settings)
    connection = queues.connect(settings)
    yield connection
    connection.close()
    assert server.process is not None
    server.process.terminate()
    server.process.wait(10)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sandbox_process.Sandbox]:
    with sandbox_process.started(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: sandbox_process.Sandbox, redis: Redis) -> sandbox_process.Sandbox:
    running.empty()
    redis.flushall()
    return running


@pytest.fixture
def house(
    published_world: db.Database, tmp_path: Path, database_url: str, sandbox: sandbox_process.Sandbox
) -> Iterator[process.House]:
    """What a worker has: settings, database, and a way out for its jobs."""
    settings = world.settings(tmp_path, database_url, DRIP_SANDBOX_PORT=str(sandbox.port))
    sender = send.Sender(settings, published_world)
    jobs.use(sender)
    yield process.House(settings, published_world)
    sender.close()


def settle(house: process.House) -> None:
    """Wait until all that was taken has passed the gate and been settled."""
    while any(row.state in (MessageState.claimed, MessageState.handed) for row in sending.messages(house.database)):
        time.sleep(0.02)


def work(redis: Redis) -> None:
    """One worker takes all jobs of the queue `send`, and ends."""
    worker = SimpleWorker(
        [queues.queue(redis, QueueName.send)],
        connection=redis,
        job_class=jobs.TableJob,
        serializer=JSONSerializer,
    )
    worker.work(burst=True, logging_level="CRITICAL")


def slipped_in(redis: Redis, function: str, *arguments: str, **more: object) -> Job:
    """A job that somebody else has written into our Redis."""
    return queues.queue(redis, QueueName.send).enqueue_call(function, args=arguments, **more)  # type: ignore[arg-type]


def test_what_is_due_goes_from_the_scheduler_through_the_queue_to_the_provider(
    house: process.House, redis: Redis, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(house.database)
    assert scheduler.tick(house, redis) == 1
    assert scheduler.tick(house, redis) == 0
    work(redis)
    settle(house)
    assert sending.message(house.database).state is MessageState.accepted
    assert len(sandbox.mails()) == 1


def test_less_is_claimed_at_once_while_some_of_it_lapses() -> None:
    most = scheduler.MOST_CLAIMED
    assert scheduler.most_claimed(most, lapsed=0) == most
    after = [most := scheduler.most_claimed(most, lapsed=1) for _ in range(4)]
    assert after == [1000, 500, scheduler.BATCH, scheduler.BATCH]
    grown = [most := scheduler.most_claimed(most, lapsed=0) for _ in range(6)]
    assert grown[-1] == scheduler.MOST_CLAIMED


def test_a_tick_claims_nothing_while_as_much_as_may_stand_claimed(house: process.House, redis: Redis) -> None:
    sending.buy(house.database, world.Bought(), world.Bought(email="ben@buyers.example"))
    sending.claim(house.database, limit=1)
    assert scheduler.tick(house, redis, 1) == 0
    assert scheduler.tick(house, redis, 2) == 1


def test_a_job_says_no_more_than_the_token_of_its_batch(house: process.House, redis: Redis) -> None:
    sending.buy(house.database)
    scheduler.tick(house, redis)
    (job,) = queues.queue(redis, QueueName.send).jobs
    assert (job.func_name, list(job.args), job.kwargs) == (
        "workers.jobs.send",
        [sending.message(house.database).lease_token],
        {},
    )


def test_a_batch_that_is_run_twice_is_sent_once(
    house: process.House, redis: Redis, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(house.database, world.Bought(), world.Bought(email="ben@buyers.example"))
    lease = sending.claim(house.database)
    assert lease is not None
    for _ in range(3):
        queues.enqueue(redis, QueueName.send, lease.token)
    work(redis)
    settle(house)
    assert len(sandbox.message_ids()) == 2


def test_a_batch_that_nobody_knows_does_nothing(house: process.House, sandbox: sandbox_process.Sandbox) -> None:
    sending.buy(house.database)
    sending.claim(house.database)
    for token in ("", "nobody", "0" * 26, "'; DROP TABLE messages; --"):
        jobs.send(token)
    assert sending.message(house.database).state is MessageState.claimed
    assert sandbox.mails() == []


def test_jobs_that_were_lost_with_redis_are_claimed_again(
    house: process.House, redis: Redis, sandbox: sandbox_process.Sandbox
) -> None:
    sending.buy(house.database)
    scheduler.tick(house, redis)
    redis.flushall()
    sending.lapse(house.database)
    assert scheduler.tick(house, redis) == 1
    work(redis)
    settle(house)
    assert len(sandbox.mails()) == 1


def test_jobs_that_name_other_functions_are_refused_and_the_worker_lives(
    house: process.House, redis: Redis, tmp_path: Path, sandbox: sandbox_process.Sandbox
) -> None:
    trace = tmp_path / "trace"
    for function in ("os.system", "subprocess.getoutput", "workers.jobs.use", "builtins.eval"):
        slipped_in(redis, function, f"touch {trace}")
    redis.hset(slipped_in(redis, "workers.jobs.send", "nobody").key, "data", b"junk")
    sending.buy(house.database)
    scheduler.tick(house, redis)
    work(redis)
    settle(house)
    assert not trace.exists()
    assert len(sandbox.mails()) == 1


@pytest.mark.parametrize("kind", ["on_success", "on_failure", "on_stopped"])
def test_a_jobs_callbacks_are_never_called(redis: Redis, kind: str) -> None:
    job = slipped_in(redis, "workers.jobs.send", "nobody", **{kind: Callback("os.system")})
    found = jobs.TableJob.fetch(job.id, connection=redis, serializer=JSONSerializer)
    assert (found.success_callback, found.failure_callback, found.stopped_callback) == (None, None, None)


def test_a_job_by_itself_cannot_be_made_to_run_anything_else() -> None:
    job = jobs.TableJob.create("os.system", args=["true"], connection=Redis(), serializer=JSONSerializer)
    with pytest.raises(jobs.RefusedJobError, match=r"os\.system"):
        job.perform()


def test_a_tick_with_nothing_due_writes_nothing(house: process.House) -> None:
    nobody = Redis.from_url(f"redis://127.0.0.1:{sandbox_process.free_port()}")
    with sending.writes(house.database) as written:
        assert scheduler.tick(house, nobody) == 0
    assert written == []


def test_in_mode_off_nothing_is_claimed(house: process.House, redis: Redis, tmp_path: Path) -> None:
    sending.buy(house.database)
    off = world.settings(tmp_path, house.settings.database_url, DRIP_MODE=config.Mode.off)
    assert scheduler.tick(process.House(off, house.database), redis) == 0
    assert sending.messages(house.database) == []


def test_what_sends_does_not_load_what_reads_mail() -> None:
    """Each send worker stays megabytes smaller."""
    told = "import sys, workers.worker, drip.engine.sending.send; print('drip.mail.kind_rules' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True).stdout == "False\n"
