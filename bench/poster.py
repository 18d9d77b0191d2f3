"""The provider's side of the events bench: `python -m bench.poster FILE URL` posts what stands in FILE, in time.

Prints one line when it is ready, starts when a line comes in, and then prints as JSON how each post was answered.
"""

import asyncio
import json
import pickle
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import uvloop

from bench import told
from drip.providers.sendgrid import signature

CONNECTIONS = 32
LATEST_SECONDS = 60


async def _all(posts: Sequence[told.Post], url: str, *, paced: bool) -> dict[str, object]:
    timeout = aiohttp.ClientTimeout(total=LATEST_SECONDS)
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        turn = asyncio.Semaphore(len(posts) if paced else CONNECTIONS // 4)
        started = time.monotonic()
        answers = await asyncio.gather(*(_one(http, post, url, turn, started if paced else None) for post in posts))
        return {"seconds": time.monotonic() - started, "took": [took for took, _ in answers],
                "refused": sum(status != 200 for _, status in answers)}  # fmt: skip


async def _one(
    http: aiohttp.ClientSession, post: told.Post, url: str, turn: asyncio.Semaphore, started: float | None
) -> tuple[float, int]:
    """Seconds from the moment at which it should have left, so that a slow answer does not hide those behind it."""
    headers = {signature.SIGNATURE_HEADER: post.signature, signature.TIMESTAMP_HEADER: post.timestamp,
               "Content-Type": "application/json"}  # fmt: skip
    if started is not None:
        await asyncio.sleep(started + post.at - time.monotonic())
    async with turn:
        since = started + post.at if started is not None else time.monotonic()
        async with http.post(url, data=post.body, headers=headers) as answer:
            await answer.read()
            return time.monotonic() - since, answer.status


def main() -> None:
    path, url, paced = sys.argv[1:4]
    posts = pickle.loads(Path(path).read_bytes())
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(uvloop.run(_all(posts, url, paced=paced == "paced"))), flush=True)


if __name__ == "__main__":
    main()
