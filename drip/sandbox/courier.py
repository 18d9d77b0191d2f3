"""Carries the posts of one kind to their webhook, and tries again as the vendor does.

The vendor repeats what is not answered with 2xx at increasing intervals, for 24 hours (events) or three days
(inbound mail). Here the horizons are the same and the intervals are short, 1 second doubling to 60, so that a
receiver that was just started again soon has everything. While it is away, one post at a time knocks again.
"""

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass

import aiohttp

from drip.sandbox import clock, outbox, signing

log = logging.getLogger(__name__)

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 60.0
TIMEOUT = aiohttp.ClientTimeout(total=30)
MOST_WAITING = 5000  # posts; beyond it the oldest is given up


@dataclass(frozen=True)
class Route:
    kind: str
    url: str
    key: signing.Key
    horizon_seconds: float


class Courier:
    def __init__(self, route: Route, box: outbox.Outbox, session: aiohttp.ClientSession) -> None:
        self._route = route
        self._box = box
        self._session = session
        self._fresh: asyncio.Queue[int] = asyncio.Queue()
        self._weights: dict[int, int] = {}
        self._waiting: deque[int] = deque()
        self._someone_waits = asyncio.Event()
        self._welcome_again = asyncio.Event()
        self._all_tried = asyncio.Event()
        self._all_tried.set()
        self._welcome = True
        self._tasks = {asyncio.create_task(self._try_fresh()), asyncio.create_task(self._try_again())}

    @property
    def untried(self) -> int:
        """How many events or replies have not had their first try, or are in it."""
        return sum(self._weights.values())

    @property
    def repeating(self) -> int:
        """How many posts were refused at least once and will be tried again."""
        return len(self._waiting)

    def take(self, post_id: int, weight: int, *, after_seconds: float = 0, in_line: bool = True) -> None:
        """First tries follow one another; one that is not `in_line` overtakes them, as the vendor's may."""
        self._weights[post_id] = weight
        self._all_tried.clear()
        start = self._fresh.put_nowait if in_line else self._overtake
        if after_seconds:
            asyncio.get_running_loop().call_later(after_seconds, start, post_id)
        else:
            start(post_id)

    async def all_tried(self) -> None:
        await self._all_tried.wait()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _try_fresh(self) -> None:
        while True:
            await self._try_first(await self._fresh.get())

    def _overtake(self, post_id: int) -> None:
        task = asyncio.create_task(self._try_first(post_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try_first(self, post_id: int) -> None:
        try:
            if not await self._delivered(post_id, repeated=False):
                self._wait(post_id)
        finally:
            self._weights.pop(post_id, None)
            if not self._weights:
                self._all_tried.set()

    async def _try_again(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while True:
            await self._someone_waits.wait()
            await self._pause(delay)
            delay = FIRST_DELAY_SECONDS if await self._empty_waiting() else min(delay * 2, LONGEST_DELAY_SECONDS)

    async def _pause(self, delay: float) -> None:
        """The delay, or less when the receiver takes something in the meantime."""
        self._welcome_again.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._welcome_again.wait()

    async def _empty_waiting(self) -> bool:
        """Posts what waits until one is refused, which goes to the end of the line; True when none was."""
        while self._waiting:
            post_id = self._waiting.popleft()
            if not await self._delivered(post_id, repeated=True):
                self._wait(post_id)
                return False
        self._someone_waits.clear()
        return True

    def _wait(self, post_id: int) -> None:
        self._waiting.append(post_id)
        self._someone_waits.set()
        if len(self._waiting) > MOST_WAITING:
            self._give_up(self._waiting.popleft(), "too many wait")

    async def _delivered(self, post_id: int, *, repeated: bool) -> bool:
        """True when the post needs no further try: taken, or older than the horizon."""
        post = self._box.get(post_id)
        if post is None:
            return True
        if clock.unix() - post.made_at > self._route.horizon_seconds:
            self._give_up(post_id, "older than the vendor would try")
            return True
        refusal = await self._refusal(post)
        if refusal is None:
            self._box.remove(post_id)
        if refusal is None or not repeated:
            self._note(refusal)
        return refusal is None

    async def _refusal(self, post: outbox.Post) -> str | None:
        """Why the receiver did not take it; None when it did. Like the vendor, it follows no redirect."""
        headers = {"Content-Type": post.content_type, **self._route.key.headers(post.body)}
        try:
            async with self._session.post(
                self._route.url, data=post.body, headers=headers, allow_redirects=False, timeout=TIMEOUT
            ) as answer:
                return None if 200 <= answer.status < 300 else str(answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__

    def _note(self, refusal: str | None) -> None:
        """One line when the receiver's mood changes, none for each post or for one that it never takes."""
        if (refusal is None) == self._welcome:
            return
        self._welcome = refusal is None
        if self._welcome:
            self._welcome_again.set()
            log.info("webhook_taken kind=%s", self._route.kind)
        else:
            log.warning("webhook_refused kind=%s answer=%s url=%s", self._route.kind, refusal, self._route.url)

    def _give_up(self, post_id: int, why: str) -> None:
        self._box.remove(post_id)
        log.warning("webhook_given_up kind=%s post=%d why=%r", self._route.kind, post_id, why)
