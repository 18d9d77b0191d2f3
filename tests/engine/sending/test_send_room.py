"""A batch goes on however the answers come."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drip import db
from drip.engine.sending import flight, send
from drip.models.message import MessageState
from tests import world
from tests.world import sending

ANSWER = b"HTTP/1.1 202 Accepted\r\nX-Message-Id: one\r\nContent-Length: 0\r\n\r\n"


class Slow:
    """A provider that keeps all requests waiting until two gates are in the air, and then answers all in one moment."""

    def __init__(self) -> None:
        self.sender: send.Sender | None = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._open(), self.loop).result()
        self.waiting: list[asyncio.StreamWriter] = []
        self.most = 0  # so many wait until all are answered at once

    async def _open(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        self.server.close()
        await asyncio.sleep(0.1)  # for what has just been hung up

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # the sender has gone home
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                self.waiting.append(writer)
                if len(self.waiting) == self.most:
                    self._answer()
        writer.close()

    def _answer(self) -> None:
        """While the sender's loop looks away, so that it finds all answers at once."""
        assert self.sender is not None
        self.sender._loop.call_soon_threadsafe(time.sleep, 0.4)
        time.sleep(0.1)
        for writer in self.waiting:
            writer.write(ANSWER)
        self.waiting.clear()


@pytest.fixture
def slow() -> Iterator[Slow]:
    provider = Slow()
    yield provider
    asyncio.run_coroutine_threadsafe(provider.close(), provider.loop).result()
    provider.loop.call_soon_threadsafe(provider.loop.stop)
    provider.thread.join()
    provider.loop.close()


def test_a_batch_goes_on_when_all_answers_come_at_once(
    published_world: db.Database, tmp_path: Path, database_url: str, slow: Slow
) -> None:
    group = send.group(published_world)
    slow.most = flight.IN_FLIGHT // group * group  # there is no room for one more group
    sending.buy(published_world, *(world.Bought(email=f"b{number}@buyers.example") for number in range(2 * slow.most)))
    sender = slow.sender = send.Sender(
        world.settings(tmp_path, database_url, DRIP_SANDBOX_PORT=str(slow.port)), published_world
    )
    lease = sending.claim(published_world, 2 * slow.most)
    assert lease is not None
    batch = threading.Thread(target=sender.send, args=(lease.token,), daemon=True)
    batch.start()
    batch.join(20)
    assert not batch.is_alive(), "the batch waits for room that there is"
    sender.close()
    assert {row.state for row in sending.messages(published_world)} == {MessageState.accepted}
