"""On SQLite no stop can commit between a gate's commit and the moment in which its requests are let go."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from drip import db
from drip.engine.sending import flight, gate, send, stop_all
from drip.models.message import MessageState
from tests import sandbox_process, world
from tests.world import sending

LONG_SECONDS = 0.3  # a pause that need not wait takes some milliseconds


class Stop:
    """Somebody pauses everything in the moment in which requests are about to begin."""

    def __init__(self, database: db.Database) -> None:
        self._database = database
        self._thread = threading.Thread(target=self._pause)
        self.came_before_the_requests = False

    def come(self) -> None:
        self._thread.start()
        self._thread.join(LONG_SECONDS)
        self.came_before_the_requests = not self._thread.is_alive()

    def wait(self) -> None:
        self._thread.join()

    def _pause(self) -> None:
        with self._database.write() as session:
            stop_all.pause(session, "a test", "now")


def test_a_stop_waits_until_the_requests_of_a_gate_have_begun(
    published_world: db.Database,
    tmp_path: Path,
    database_url: str,
    sandbox: sandbox_process.Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not published_world.is_sqlite:
        pytest.skip("PostgreSQL lets others commit meanwhile; what has begun is told as crossed in the post")
    sending.buy(published_world)
    stop, start = Stop(published_world), flight.Runway.start

    async def interrupted(
        self: flight.Runway, handed: Sequence[tuple[gate.Handed, Mapping[str, str]]], ready: flight.Ready
    ) -> None:
        stop.come()
        await start(self, handed, ready)

    monkeypatch.setattr(flight.Runway, "start", interrupted)
    sender = send.Sender(world.settings(tmp_path, database_url, DRIP_SANDBOX_PORT=str(sandbox.port)), published_world)
    lease = sending.claim(published_world)
    assert lease is not None
    sender.send(lease.token)
    stop.wait()
    sender.close()
    assert not stop.came_before_the_requests
    assert sending.message(published_world).state is MessageState.accepted
