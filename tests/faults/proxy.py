"""A wire between us and a server that can be cut: a small TCP proxy in a thread of its own."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Streams]]

PIECE = 1 << 16


class Wire:
    """Listens on `port` and passes on what it hears, both ways, until it is cut or taken away."""

    def __init__(self, dial: Dial, loop: asyncio.AbstractEventLoop) -> None:
        self.port = 0
        self._dial, self._loop = dial, loop
        self._open: set[asyncio.StreamWriter] = set()
        self._away_until = 0.0

    async def listen(self) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    def cut(self, chance: random.Random, share: float = 1.0) -> None:
        """Reset so many of the connections in the midst of whatever they carry."""
        self._loop.call_soon_threadsafe(self._cut, random.Random(chance.getrandbits(32)), share)

    def go_away(self, seconds: float) -> None:
        """All connections break, and for so long new ones do at once."""

        def gone() -> None:
            self._away_until = self._loop.time() + seconds
            self._cut(random.Random(1), 1.0)

        self._loop.call_soon_threadsafe(gone)

    def _cut(self, chance: random.Random, share: float) -> None:
        for writer in [*self._open]:
            if chance.random() < share:
                writer.transport.abort()

    async def _pass_on(self, near_in: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        if self._loop.time() < self._away_until:
            near_out.transport.abort()
            return
        try:
            far_in, far_out = await self._dial()
        except OSError:
            near_out.transport.abort()
            return
        self._open |= {near_out, far_out}
        await asyncio.gather(self._carry(near_in, far_out), self._carry(far_in, near_out))
        self._open -= {near_out, far_out}

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Until one side ends; then the other side ends, too."""
        with suppress(OSError):
            while piece := await source.read(PIECE):
                target.write(piece)
                await target.drain()
        with suppress(OSError, RuntimeError):
            target.close()


@contextmanager
def wires(**dials: Dial) -> Iterator[dict[str, Wire]]:
    """Wires by name, up until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="wires", daemon=True)
    thread.start()
    strung = {name: Wire(dial, loop) for name, dial in dials.items()}
    for wire in strung.values():
        asyncio.run_coroutine_threadsafe(wire.listen(), loop).result()
    try:
        yield strung
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def tcp(port: int) -> Dial:
    return lambda: asyncio.open_connection("127.0.0.1", port)


def unix(path: str) -> Dial:
    return lambda: asyncio.open_unix_connection(path)
