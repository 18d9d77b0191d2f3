"""The processes that die, each with one spell of its work, and those that clear up after them."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from redis import Redis
from sqlalchemy import literal, make_url, select, update

from drip import config, db, queues, tokens
from drip.engine.sending import due, send
from drip.models import customer, delivery_event, inbound, system
from drip.models.message import Message, MessageKind, MessageState
from drip.queues import QueueName
from tests import world
from tests.faults import forks, house, oracle, picture, scenes
from tests.world import sending
from workers import jobs, process, scheduler, worker

ROUNDS = 8
SELDOM = (50_000, 20, 100)  # who lives through thousands of trials looks for garbage less often than Python would
A_MOMENT = house.LEASE_SECONDS  # of business time between two rounds: what was put off for a few seconds is due


@dataclass(frozen=True)
class Role:
    """Who dies: the scene it works in, what others have done before, and its own work."""

    scene: house.Scene
    before: Callable[[process.House, Redis], object]
    work: Callable[[], object]


def worked(name: QueueName) -> Callable[[], None]:
    """A worker of one queue that goes home when the queue is empty."""

    def work() -> None:
        with process.running(f"worker-{name}") as alive, worker._equipped(alive, name):
            worker._worker(alive, name).work(burst=True, logging_level="WARNING")

    return work


def scheduled() -> None:
    """One round of the scheduler's loop."""
    with process.running("scheduler") as alive:
        redis = queues.connect(alive.settings)
        scheduler.sweep(alive)
        scheduler.ring_for_stored(alive, redis)
        scheduler.tick(alive, redis)
        scheduler._ticked(alive)
        redis.close()


def reconciled() -> None:
    """The scheduler's sweep alone."""
    with process.running("scheduler") as alive:
        scheduler.sweep(alive)


ROLES = {
    "sender": Role(scenes.due, scheduler.tick, worked(QueueName.send)),
    "notices": Role(scenes.due, scheduler.tick, worked(QueueName.notices)),
    "scheduler": Role(scenes.due, lambda _house, _redis: None, scheduled),
    "reconciler": Role(scenes.stuck, lambda _house, _redis: None, reconciled),
    "events": Role(scenes.told, scheduler.ring_for_stored, worked(QueueName.events)),
    "inbound": Role(scenes.written, scheduler.ring_for_stored, worked(QueueName.inbound)),
}


class Aftermath:
    """Who prepares a trial and clears up after it; lives through all of them, which nobody who died has seen."""

    def __init__(self, role: Role, ledger: oracle.Ledger) -> None:
        self._role, self._ledger = role, ledger
        gc.set_threshold(*SELDOM)
        self._settings = config.load()
        self._database = _clearing(self._settings.database_url)
        self._house = process.House(self._settings, self._database)
        self._redis = Redis.from_url(self._settings.redis())
        self._sender = send.Sender(self._settings, self._database)
        jobs.use(self._sender)
        jobs.live_in(self._house)

    def tasks(self) -> dict[str, forks.Task]:
        return {"prepare": self.prepare, "recover": self.recover}

    def prepare(self) -> None:
        """It is a minute past START and all of the scene is due; personal mails get ids that no other trial has had;
        then what others did before."""
        world.set_clock(self._database, world.START + timedelta(minutes=1))
        _rename_personal(self._database)
        self._role.before(self._house, self._redis)
        self._ledger = oracle.Ledger.now(self._ledger.path)
        self._leave()

    def recover(self) -> tuple[list[str], picture.Picture]:
        """Time passes, the scheduler sweeps, all workers work and the provider tells its events, until all is quiet:
        what is wrong then, and how everything stands."""
        for _ in range(ROUNDS):
            self._round()
            if is_quiet(self._database):
                break
        found = oracle.breaches(self._database, self._ledger.read()), picture.taken(self._database)
        self._leave()
        return found

    def _round(self) -> None:
        scenes.hours_pass(self._database)
        with self._database.write() as session:
            system.move_clock(session, timedelta(seconds=A_MOMENT))
        scheduler.sweep(self._house)
        scheduler.ring_for_stored(self._house, self._redis)
        scheduler.tick(self._house, self._redis)
        self._work()
        scenes.prove(self._database, [(line.message_id, line.address) for line in self._ledger.read()])
        scheduler.ring_for_stored(self._house, self._redis)
        self._work()

    def _work(self) -> None:
        """All that has been rung for, until what has left is settled."""
        for name in QueueName:
            rung = queues.queue(self._redis, name)
            for job in rung.jobs:
                jobs.TableJob.TABLE[str(job.func_name)](*job.args)
            self._redis.delete(rung.key)
        self._sender.send("nobody's")  # which comes after all that is at the gate
        while _any(self._database, MessageState.handed):
            time.sleep(0.005)

    def _leave(self) -> None:
        """The file is put back to its seed: nobody may hold it open."""
        if self._database.is_sqlite:
            self._database.close()


def is_quiet(database: db.Database) -> bool:
    """Nothing is on its way, nothing is due, and nothing waits to be read."""
    with database.read() as session:
        now = system.business_now(session)
        soon = now + 2 * timedelta(seconds=A_MOMENT)
        moving = Message.state.in_((MessageState.claimed, MessageState.handed))
        held = (Message.kind == MessageKind.check_in) & customer.holding(Message.customer_id, literal(now))
        waiting = (Message.state == MessageState.queued) & (Message.due_at <= soon) & ~held
        if session.scalar(select(Message.id).where(moving | waiting).limit(1)):
            return False
        if any(due.is_waiting(session, kinds) for kinds in scheduler.SERVED.values()):
            return False
        return not (delivery_event.any_waiting(session) or inbound.any_stored(session))


def _clearing(url: str) -> db.Database:
    """Our connections outlive the trials."""
    known = make_url(url)
    if known.get_backend_name() == "sqlite":
        return db.Database(url)
    named = known.update_query_dict({"application_name": house.CLEARING})
    return db.Database(named.render_as_string(hide_password=False))


def _any(database: db.Database, state: MessageState) -> bool:
    with database.read() as session:
        return session.scalar(select(Message.id).where(Message.state == state).limit(1)) is not None


def _rename_personal(database: db.Database) -> None:
    personal = [row.id for row in sending.messages(database) if row.kind is not MessageKind.check_in]
    with database.write() as session:
        for known in personal:
            session.execute(update(Message).where(Message.id == known).values(id=tokens.new_id()))
