"""A provider that takes everything: `python -m bench.sink PORT DELAY_MS` answers each POST with 202."""

import asyncio
import itertools
import sys

import uvloop


class Sink(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, just enough of it; one answer for each Content-Length of body."""

    delay = 0.0
    numbers = itertools.count(1)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvloop's own class
        self.transport = transport
        self.seen = b""

    def data_received(self, data: bytes) -> None:
        self.seen += data
        while (end := self.seen.find(b"\r\n\r\n")) >= 0:
            length = _content_length(self.seen[:end])
            if len(self.seen) < end + 4 + length:
                return
            self.seen = self.seen[end + 4 + length :]
            asyncio.get_running_loop().call_later(self.delay, self._answer)

    def _answer(self) -> None:
        name = b"sink-%d" % next(self.numbers)
        self.transport.write(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: %s\r\nContent-Length: 0\r\n\r\n" % name)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    Sink.delay = float(sys.argv[2]) / 1000
    uvloop.run(_serve(int(sys.argv[1])))
