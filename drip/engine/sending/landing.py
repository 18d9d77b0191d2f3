"""LANDED: results of requests until they are settled, along with the next gate or in a transaction of their own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from drip import clock, logs
from drip.engine.sending import settle
from drip.engine.sending.settle import Settlement

SETTLE_SECONDS = 0.05
TELL_SECONDS = 1.0
RETRY_SECONDS = 1.0

log = logging.getLogger("drip.send")


class Landing:
    """One sender's results; nothing that is known of a message is lost while its process lives."""

    def __init__(
        self,
        write: Callable[[Callable[[Session], None]], Awaitable[None]],
        flights: Collection[asyncio.Future[None]],
    ) -> None:
        """`write` runs what it is given in one transaction; `flights` are the requests in the air."""
        self.batches = 0  # under way: another gate comes soon
        self._write, self._flights = write, flights
        self._known: list[Settlement] = []
        self.answered = 0  # acceptances that are written, and of which the breaker has not heard
        self._told_at = 0.0
        self._news = asyncio.Event()
        self._closing = False

    def add(self, settlement: Settlement) -> None:
        self._known.append(settlement)
        self._news.set()

    def look(self) -> None:
        """Something has changed: perhaps nobody will take along what is known."""
        self._news.set()

    def close(self) -> None:
        """Nothing is in the air any more: `settle_until_closed` ends once all is settled."""
        self._closing = True
        self._news.set()

    def plain(self) -> list[Settlement]:
        """All that is known, taken out, where the next gate may settle it along; else nothing."""
        if not self._goes_along():
            return []
        taken, self._known = self._known, []
        return taken

    def went_along(self, number: int) -> None:
        """A gate has settled so many of what it was given."""
        self.answered += number

    def put_back(self, settlements: list[Settlement]) -> None:
        """They are not settled."""
        self._known = settlements + self._known
        self._news.set()

    async def settle_until_closed(self) -> None:
        """Together every 50 ms, or at once when all that was in the air has landed; ends when all is settled."""
        while not self._closing or self._known:
            await self._news.wait()
            if self._flights:
                await asyncio.wait(self._flights, timeout=SETTLE_SECONDS)
            self._news.clear()
            if self.batches and self._goes_along():
                # for when no gate takes them before
                asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._news.set)
            else:
                await self._settle()

    def _goes_along(self) -> bool:
        """Not where the fleet has to be told: at once of all that is not a plain acceptance, and each second."""
        is_told = clock.monotonic() - self._told_at <= TELL_SECONDS
        return is_told and all(each.is_plain for each in self._known)

    async def _settle(self) -> None:
        batch, self._known = self._known, []
        if not batch:
            return
        answered, self.answered, self._told_at = self.answered, 0, clock.monotonic()
        try:
            await self._write(lambda session: settle.settle(session, batch, answered))
        except (OperationalError, InterfaceError) as trouble:
            # What we know must not be lost because the database is away for a moment.
            log.warning(logs.line("settle.retry", messages=len(batch), error=type(trouble).__name__))
            await asyncio.sleep(RETRY_SECONDS)
            self.answered += answered
            self.put_back(batch)
        except SQLAlchemyError:
            await self._settle_one_by_one(batch)

    async def _settle_one_by_one(self, batch: Sequence[Settlement]) -> None:
        """One outcome that the database refuses must not keep the others: that message becomes ambiguous."""
        for each in batch:
            try:
                await self._write(partial(settle.settle, settlements=[each]))
            except SQLAlchemyError as trouble:
                log.error(logs.line("settle.refused", message=each.message_id, error=type(trouble).__name__))
