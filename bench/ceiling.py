"""The ceiling: the same client posts the same bodies, and does nothing else."""

import asyncio
import itertools
import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier

import uvloop

from drip.engine.sending import flight
from drip.providers.sendgrid import send as sendgrid


def mails_a_second(host: str, bodies: Sequence[bytes], number: int, processes: int) -> float:
    """Post `number` mails from so many processes at once, each with the engine's own number of requests in flight."""
    share = number // processes
    return share * processes / seconds(_post, [(host, bodies, share)] * processes)


def seconds(work: Callable[..., None], each: Sequence[tuple[object, ...]]) -> float:
    """From when one process for each of these arguments is ready until the last has ended; `work` is also given the
    barrier at which it says that it is."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(len(each) + 1)
    crew = [context.Process(target=work, args=(*told, ready)) for told in each]
    for process in crew:
        process.start()
    ready.wait()
    started = time.monotonic()
    for process in crew:
        process.join()
    assert all(process.exitcode == 0 for process in crew)
    return time.monotonic() - started


def _post(host: str, bodies: Sequence[bytes], number: int, ready: Barrier) -> None:
    ready.wait()
    uvloop.run(_all(host, bodies, number))


async def _all(host: str, bodies: Sequence[bytes], number: int) -> None:
    provider = sendgrid.SendGrid(host, "bench", connections=flight.IN_FLIGHT, answer_seconds=30)
    work = itertools.islice(itertools.cycle(bodies), number)
    await asyncio.gather(*(_one_line(provider, work) for _ in range(flight.IN_FLIGHT)))
    await provider.close()


async def _one_line(provider: sendgrid.SendGrid, work: "itertools.islice[bytes]") -> None:
    for content in work:
        outcome = await provider.post(content, sendgrid.Clearance(time.monotonic()))
        assert outcome.result is sendgrid.Result.accepted, outcome
