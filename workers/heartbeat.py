"""Each process says every few seconds that it lives, and ends when another Drip has upgraded its database."""

import logging
import os
import signal
import socket
import threading

from sqlalchemy.exc import SQLAlchemyError

from drip import clock, config, db, logs, revision
from drip.models import home, system
from workers import high_water

SECONDS = 5.0
STUCK_SECONDS = 30.0

log = logging.getLogger("drip.heartbeat")


class Heart:
    """Beats in a thread of its own from `start` until `stop`, which also takes the row away."""

    def __init__(self, settings: config.Settings, database: db.Database, role: str) -> None:
        self._settings, self._database, self._role = settings, database, role
        self.ticks_at: float | None = None  # a process with a loop says when it last went round (monotonic)
        self._host, self._pid = socket.gethostname()[:120], os.getpid()
        self._started_at = clock.now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heart", daemon=True)

    def start(self) -> None:
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        with self._database.write() as session:
            system.leave(session, self._host, self._pid)

    def _beat_on(self) -> None:
        while not self._stop.wait(SECONDS):
            if self.ticks_at is not None and clock.monotonic() - self.ticks_at > STUCK_SECONDS:
                continue  # alive, and doing nothing: let health say so
            try:
                self._beat()
                revision.refuse_another(self._database)
            except SQLAlchemyError as trouble:
                log.warning(logs.line("heartbeat.missed", error=type(trouble).__name__))
            except revision.OtherError as trouble:
                log.critical("%s", trouble)
                os.kill(self._pid, signal.SIGTERM)  # it ends in order; a second one would cut that short
                return

    def _beat(self) -> None:
        with self._database.write() as session:
            now = system.now(session).real_at
            system.beat(session, system.Heartbeat(
                host=self._host, pid=self._pid, role=self._role, started_at=self._started_at, beat_at=now))  # fmt: skip
            database_id, lived_until = home.live_on(session)
        if database_id is not None:
            high_water.write(self._settings, database_id, lived_until)
