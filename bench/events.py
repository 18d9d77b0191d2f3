"""Events of the provider, each told three times: posted, stored, applied; real processes, real databases, durable.

`make bench` or `python -m bench.events [--seconds 20] [--rate 10000] [--flat-out]`. With --flat-out eight posts are
always under way instead of so many events a second.
"""

import argparse
import json
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import func, select, text

from bench import bare_events, houses, told, watching
from drip import config, db, queues
from drip.models.delivery_event import DeliveryEvent
from drip.models.message import Delivery, Message
from workers import children

LONGEST_SECONDS = 300
# As the send path leaves them: accepted, not yet told of.
_ACCEPTED = """
INSERT INTO messages (id, kind, dedupe_key, customer_id, enrollment_id, campaign_id, version_id, step, state, detail,
                      created_at, planned_at, due_at, fence, attempt, handed_at, settled_at, to_address)
SELECT :id, 'check_in', :id, c.id, e.id, e.campaign_id, e.version_id, e.next_step, 'accepted', '', e.enrolled_at,
       e.enrolled_at, e.enrolled_at, 1, 1, e.enrolled_at, e.enrolled_at, c.email
FROM customers c JOIN enrollments e ON e.customer_id = c.id WHERE c.email = :email
"""


@dataclass(frozen=True)
class Load:
    """What is posted, by whom, and about how many mails."""

    mails: int
    posts: Sequence[told.Post]
    key: told.Key
    flat_out: bool

    @property
    def events(self) -> int:
        return sum(post.events for post in self.posts)


@dataclass(frozen=True)
class Ran:
    """What the poster saw, and how far the worker was when the last answer had come."""

    seconds: float
    took: Sequence[float]
    behind: int
    applied_after: float


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=20)
    asked.add_argument("--rate", type=int, default=10_000)
    asked.add_argument("--flat-out", action="store_true")
    asked.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    asked = asked.parse_args()
    key, mails = told.Key(), asked.rate * asked.seconds // (told.COPIES * told.EVENTS_A_MAIL)
    load = Load(mails, told.posts(key, mails, asked.rate), key, asked.flat_out)
    print(f"{platform.machine()}, Python {platform.python_version()}")
    print(f"{load.events:,} events about {mails:,} mails in {len(load.posts):,} signed posts, each event three times")
    for kind in asked.databases:
        _measure(kind, load)


def _measure(kind: str, load: Load) -> None:
    port = houses.free_port()
    with houses.opened(kind, 1) as (settings, database), tempfile.TemporaryDirectory(prefix="drip-bench-") as name:
        houses.sell(settings, database, load.mails)
        _accept(database, load.mails)
        ceiling = bare_events.measure(database, load.posts, load.key.public)
        path = Path(name) / "posts"
        told.write(path, load.posts)
        watch = watching.Watch(queues.connect(settings))
        with _crew(settings, port, load.key.public) as crew, _poster(path, port, load.flat_out) as poster:
            used = {child.role: watching.cpu_seconds(child) for child in crew}
            watch.start()
            ran = _run(database, poster)
            watch.stop()
            _tell(kind, load, ran, ceiling)
            _tell_means(watch.redis, crew, used, load.events)
        _check(database, load)


def _accept(database: db.Database, mails: int) -> None:
    with database.write() as session:
        rows = [{"id": told.message_id(number), "email": told.address(number)} for number in range(1, mails + 1)]
        session.execute(text(_ACCEPTED), rows)
        session.execute(text("UPDATE enrollments SET next_due_at = NULL"))


@contextmanager
def _crew(settings: config.Settings, port: int, public: str) -> Iterator[list[children.Child]]:
    """Web, events workers and scheduler; nothing leaves, so that only events are at work."""
    environ = config.environment() | houses.environ(settings.data_dir.parent, settings.database_url, 1)
    environ |= {"DRIP_MODE": "off", "DRIP_WEB_PORT": str(port), "SENDGRID_EVENT_PUBLIC_KEY": public}
    roles = {"web": "workers.web", "scheduler": "workers.scheduler", "events worker": "workers.worker --queue events"}
    crew = [children.Child(role, _quietly(settings.data_dir / "log", what), environ) for role, what in roles.items()]
    for child in crew:
        child.start()
    try:
        _wait(port)
        yield crew
    finally:
        for child in crew:
            child.stop()


def _quietly(log: Path, module: str) -> list[str]:
    """Its log goes to a file: one line a post would hide the figures."""
    return ["sh", "-c", f"exec {sys.executable} -m {module} 2>>{shlex.quote(str(log))}"]


def _wait(port: int) -> None:
    for _ in range(200):
        time.sleep(0.1)
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz"):
                time.sleep(2.0)
                return
        except OSError:
            continue
    raise TimeoutError("the web process does not start")


@contextmanager
def _poster(path: Path, port: int, flat_out: bool) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "bench.poster", str(path), f"http://127.0.0.1:{port}/webhooks/sendgrid/events"]
    argv.append("flat out" if flat_out else "paced")
    poster = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=houses.ROOT)
    try:
        assert poster.stdout is not None
        poster.stdout.readline()
        yield poster
    finally:
        poster.terminate()
        poster.wait()


def _run(database: db.Database, poster: subprocess.Popen[str]) -> Ran:
    assert poster.stdin is not None
    assert poster.stdout is not None
    poster.stdin.write("go\n")
    poster.stdin.flush()
    answered = json.loads(poster.stdout.readline())
    assert not answered["refused"], f"{answered['refused']} posts were not taken"
    ended = time.monotonic()
    behind = _waiting(database)
    while _waiting(database):
        assert time.monotonic() - ended < LONGEST_SECONDS, "the worker does not catch up"
        time.sleep(0.05)
    return Ran(answered["seconds"], answered["took"], behind, time.monotonic() - ended)


def _waiting(database: db.Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(DeliveryEvent.applied_at.is_(None))) or 0


def _tell(kind: str, load: Load, ran: Ran, ceiling: bare_events.Ceiling) -> None:
    distinct = load.mails * told.EVENTS_A_MAIL
    p50, p99 = statistics.median(ran.took) * 1000, statistics.quantiles(ran.took, n=100)[98] * 1000
    print(f"\n{kind}")
    print(f"- received and stored: {load.events / ran.seconds:,.0f} events/s over {ran.seconds:.1f} s, "
          f"of which {load.events - distinct:,} duplicates dropped and {distinct:,} kept")  # fmt: skip
    print(f"- answers: p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {max(ran.took) * 1000:.0f} ms")
    print(f"- applied: {distinct / (ran.seconds + ran.applied_after):,.0f} kept events/s; at the last answer "
          f"{ran.behind:,} waited, {ran.applied_after:.1f} s later none")  # fmt: skip
    print(f"- ceiling, one thread: verified and parsed {ceiling.read:,.0f} events/s, "
          f"the same rows inserted post by post {ceiling.written:,.0f} events/s, both {ceiling.both:,.0f}")  # fmt: skip


def _tell_means(redis: watching.Redis, crew: Sequence[children.Child], used: dict[str, float], events: int) -> None:
    kilobytes = [round(each / 1024) for each in redis.memory]
    print(f"- Redis: {kilobytes[0]:,} kB before, {max(kilobytes):,} at most, {kilobytes[-1]:,} after; "
          f"RQ jobs {redis.jobs[0]}, {max(redis.jobs)}, {redis.jobs[-1]}")  # fmt: skip
    for child in crew:
        spent = watching.cpu_seconds(child) - used[child.role]
        print(f"- {child.role}: {watching.peak_megabytes(child):.0f} MB at most, CPU {spent:.1f} s, "
              f"{spent / events * 1e6:.0f} microseconds an event")  # fmt: skip


def _check(database: db.Database, load: Load) -> None:
    """Everything was kept once, and every mail tells its way."""
    with database.read() as session:
        kept = session.scalar(select(func.count()).select_from(DeliveryEvent))
        words = dict(session.execute(select(Message.delivery, func.count()).group_by(Message.delivery)).all())
    complained = sum(number % 500 == 1 for number in range(1, load.mails + 1))
    bounced = load.mails // 50
    assert kept == load.mails * told.EVENTS_A_MAIL, kept
    assert words == {Delivery.bounced: bounced, Delivery.complained: complained,
                     Delivery.delivered: load.mails - bounced - complained}, words  # fmt: skip


if __name__ == "__main__":
    main()
