"""HAND: requests that are ready before their gate has looked, and leave in the moment in which it lets them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from drip.engine.sending.draft import Draft, Written
from drip.engine.sending.gate import Handed
from drip.engine.sending.personal import PersonalDraft
from drip.engine.sending.settle import Settlement
from drip.providers.sendgrid.send import Clearance, Outcome

IN_FLIGHT = 128  # requests at once in one worker
WORTH = 0.75  # of a gate's messages passed: then those of the next get ready before it
QUICK_SECONDS = 1.0  # if it did not look for longer

Post = Callable[[bytes, Awaitable[Clearance]], Awaitable[Outcome]]
Ready = dict[str, "Flight"]  # by message


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


class Runway:
    """One worker's requests, from getting ready until they have landed."""

    def __init__(self, post: Post, flights: set[asyncio.Task[None]], landed: Callable[[Settlement], None]) -> None:
        """`flights` is kept here; `landed` is told each result."""
        self._post, self._flights, self._landed = post, flights, landed
        self._prepares = True
        self._room = asyncio.Event()

    async def wait_for_room(self, number: int) -> None:
        """Until so many more may be in the air."""
        while len(self._flights) > IN_FLIGHT - number:
            self._room.clear()
            await self._room.wait()

    async def prepare(self, drafts: Sequence[Draft | PersonalDraft]) -> Ready:
        """Requests that wait for the gate with a connection in hand. Not where gates let little pass or look for long:
        each that stays behind costs its connection."""
        if not self._prepares:
            return {}
        written = ((each.message_id, each.letter) for each in drafts)
        ready = {key: self._flight(letter.content) for key, letter in written if isinstance(letter, Written)}
        await asyncio.sleep(0)  # they take their connections
        return ready

    async def start(self, handed: Sequence[tuple[Handed, Mapping[str, str]]], ready: Ready) -> None:
        """Returns when the first bytes of all that may leave have left, unless they wait for a connection."""
        for each, headers in handed:
            flight = ready.pop(each.message_id, None) or self._flight(each.content)
            flight.leave(each, headers)
        self.stay(ready)
        for _ in ("the request", "its bytes, in a task of aiohttp's own"):
            await asyncio.sleep(0)

    def stay(self, ready: Ready) -> None:
        """Whoever is ready does not leave."""
        for flight in ready.values():
            flight.stay()

    def learn(self, share: float, seconds: float) -> None:
        """What part of its messages the last gate let pass, and how long it looked."""
        self._prepares = share >= WORTH and seconds < QUICK_SECONDS

    def _flight(self, content: bytes) -> Flight:
        flight = Flight(self._post, content, self._landed)
        self._flights.add(flight.task)
        flight.task.add_done_callback(self._done)
        return flight

    def _done(self, flight: asyncio.Task[None]) -> None:
        """Told of once there is room: told before, whoever waits would look too early, and for the last time."""
        self._flights.discard(flight)
        self._room.set()
