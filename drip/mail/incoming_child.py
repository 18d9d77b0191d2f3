"""The child process that reads hostile mail: bytes in, JSON out, within limits on memory and CPU."""

import json
import resource
import sys
from collections.abc import Callable
from typing import BinaryIO

from drip.mail import bounded_child, incoming

SPARE_SECONDS = 1


def main(seconds: float, megabytes: int, read: Callable[[bytes], bytes]) -> None:
    """Answer one mail after the other by what `read` makes of it until the pipe closes; a breach ends the process."""
    allowed = megabytes * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipes = sys.stdin.buffer, sys.stdout.buffer
    _send(pipes[1], b"")
    while (raw := _receive(pipes[0])) is not None:
        _give_time(seconds)
        _send(pipes[1], _answer(raw, read))


def mail(raw: bytes) -> bytes:
    """The whole of it as values. Raises UnreadableMail."""
    return incoming.as_json(incoming.parse(raw))


def _answer(raw: bytes, read: Callable[[bytes], bytes]) -> bytes:
    try:
        return read(raw)
    except incoming.UnreadableMail as trouble:
        return json.dumps({"unreadable": str(trouble)}).encode()
    except Exception as trouble:
        # Whatever a hostile mail makes go wrong in here, the mail is unreadable and nothing else.
        return json.dumps({"unreadable": f"The mail could not be read: {type(trouble).__name__}."}).encode()


def _give_time(seconds: float) -> None:
    """CPU time counts from the start of the process, so the limit moves on with every mail."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + SPARE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _receive(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(bounded_child.HEADER.size)
    if len(head) < bounded_child.HEADER.size:
        return None
    return pipe.read(bounded_child.HEADER.unpack(head)[0])


def _send(pipe: BinaryIO, data: bytes) -> None:
    # The greeting is an empty answer: it says that the child has started, which its time must not count.
    pipe.write(bounded_child.HEADER.pack(len(data)) + data)
    pipe.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), mail)
