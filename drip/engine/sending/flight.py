"""HAND: a request that is ready before its gate has looked, and leaves in the moment in which that lets it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from drip.engine.sending.gate import Handed
from drip.engine.sending.settle import Settlement
from drip.providers.sendgrid.send import Clearance, Outcome

Post = Callable[[bytes, Awaitable[Clearance]], Awaitable[Outcome]]


class Flight:
    """One request: it waits with its connection in hand, until it is told to leave or to stay."""

    def __init__(self, post: Post, content: bytes, landed: Callable[[Settlement], None]) -> None:
        self._cleared: asyncio.Future[Clearance] = asyncio.get_running_loop().create_future()
        self._handed: Handed | None = None
        self._landed = landed
        self.task = asyncio.create_task(self._fly(post, content))

    def leave(self, handed: Handed, headers: Mapping[str, str]) -> None:
        """The gate's commit stands: now or never."""
        self._handed = handed
        self._cleared.set_result(Clearance(handed.looked_at, headers))

    def stay(self) -> None:
        """Not one byte leaves; the connection is lost."""
        self.task.cancel()

    async def _fly(self, post: Post, content: bytes) -> None:
        outcome = await post(content, self._cleared)
        await self._cleared  # without a connection the outcome is known before the gate has looked
        assert self._handed is not None
        self._landed(Settlement(self._handed.message_id, self._handed.attempt, outcome))
