"""`drip up`: checks, sets up and starts everything on this machine, keeps it alive, and ends it in order."""

import argparse
import fcntl
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from drip import config, db, errors, logs, queues, schema
from drip.campaigns import definition, publish
from workers import children, cores, first_start, valkey, welcome

LOOK_SECONDS = 0.2
LISTEN_SECONDS = 15.0
# Of each of these, one process.
ONE_WORKER = (queues.QueueName.notices, queues.QueueName.events, queues.QueueName.inbound)

log = logging.getLogger("drip.supervisor")


class CannotStartError(errors.DripError):
    """Something on this machine is in the way."""


class Stopped(Exception):
    """Ctrl-C, or SIGTERM."""


def main() -> None:
    """Run until told to stop; exit code 1 with one clear line when it cannot start."""
    asked = _arguments()
    logs.setup("supervisor")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    family: list[children.Child] = []
    try:
        settings = config.load()
        house = definition.load(settings.config_path)
        with _alone(settings):
            _start(settings, house, asked, family)
            _watch(family)
    except Stopped:
        print("\nStopping ...", flush=True)  # noqa: T201 - a person is watching
    except errors.DripError as trouble:
        sys.exit(str(trouble))
    finally:
        _end(family)


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="drip up", description="Start everything on this machine.")
    asked.add_argument("--empty", action="store_true", help="do not load the example into an empty database")
    asked.add_argument("--no-sandbox", action="store_true", help="do not start the local SendGrid")
    return asked.parse_args()


def _start(
    settings: config.Settings, house: definition.House, asked: argparse.Namespace, family: list[children.Child]
) -> None:
    sandbox = settings.own_sandbox and not asked.no_sandbox
    _refuse_taken_ports(settings, sandbox)
    database = db.reachable(settings.database_url)
    _refuse_absent_redis(settings)
    schema.upgrade(database)
    if settings.mode is config.Mode.live:
        with database.read() as session:
            publish.check_domain(session, house)
    if settings.redis_url is None:
        _add(family, valkey.child(settings))
        valkey.wait(settings)
    if sandbox:
        _add(family, _sandbox(settings))
    began = first_start.prepare(settings, database, house, example=sandbox and not asked.empty)
    environ = config.environment() | {"PYTHONUNBUFFERED": "1"}
    for child in _processes(settings, environ):
        _add(family, child)
    for port in (settings.web_port, *([settings.sandbox_port] if sandbox else [])):
        _wait_for(settings.host, port)
    # Last: what the sandbox has to tell of the first mails finds somebody who listens.
    _add(family, children.Child("scheduler", children.module("workers.scheduler"), environ))
    welcome.show(settings, database, began)
    database.close()


def _refuse_absent_redis(settings: config.Settings) -> None:
    if settings.redis_url is not None and not queues.ping(settings):
        raise CannotStartError("The Redis at REDIS_URL does not answer. Start it, or unset REDIS_URL to use our own.")


def _wait_for(host: str, port: int) -> None:
    """Until somebody listens there, or long enough: the children are watched from then on anyway."""
    deadline = time.monotonic() + LISTEN_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.05)


def _add(family: list[children.Child], child: children.Child) -> None:
    family.append(child)
    child.start()


def _processes(settings: config.Settings, environ: Mapping[str, str]) -> Iterator[children.Child]:
    yield children.Child("web", children.module("workers.web"), environ)
    for core in cores.shared_out(settings.workers):
        yield _worker(queues.QueueName.send, environ, core)
    for name in ONE_WORKER:
        yield _worker(name, environ)


def _worker(name: queues.QueueName, environ: Mapping[str, str], core: int | None = None) -> children.Child:
    return children.Child(name, children.module("workers.worker", "--queue", name, *cores.arguments(core)), environ)


def _sandbox(settings: config.Settings) -> children.Child:
    where = ("--host", settings.host, "--port", str(settings.sandbox_port))
    folder = ("--data-dir", str(settings.data_dir / "sandbox"))
    hooks = ("--webhook-base", f"http://127.0.0.1:{settings.web_port}")
    argv = children.module("drip.sandbox", *where, *folder, *hooks)
    return children.Child("sandbox", argv, config.environment())


def _watch(family: list[children.Child]) -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        for child in family:
            child.watch()


def _end(family: list[children.Child]) -> None:
    """The last to start is the first to end: workers settle what is in the air while the rest still answers."""
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, signal.SIG_IGN)
    for child in reversed(family):
        child.stop()
    if family:
        log.info(logs.line("stopped"))


@contextmanager
def _alone(settings: config.Settings) -> Iterator[None]:
    """One supervisor a data folder."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (settings.data_dir / "up.lock").open("a+")
    except OSError as trouble:
        raise CannotStartError(
            f"Drip cannot write to {settings.data_dir} ({trouble.strerror}). Mend that, or set DRIP_DATA_DIR."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStartError(f"Drip is already running on {settings.data_dir}.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _refuse_taken_ports(settings: config.Settings, sandbox: bool) -> None:
    wanted = {"DRIP_WEB_PORT": settings.web_port} | ({"DRIP_SANDBOX_PORT": settings.sandbox_port} if sandbox else {})
    for variable, port in wanted.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as trouble:
                raise CannotStartError(
                    f"Port {port} on {settings.host} cannot be used ({trouble.strerror}). "
                    f"Stop what uses it, or set {variable} to another port."
                ) from None


def _stop(_number: int, _frame: object) -> None:
    raise Stopped


if __name__ == "__main__":
    main()
