"""The two processes of a race: one brings check-ins through the gate, the other commits the stops."""

import json
import random
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from types import SimpleNamespace
from typing import Any, TypeAlias, TypedDict

import aiohttp
from sqlalchemy import select

from drip import clock, config, db
from drip.engine.sending import draft as drafting
from drip.engine.sending import due, gate, send
from drip.models.message import Message, MessageKind, MessageState
from drip.providers.sendgrid import send as sendgrid
from tests.faults import forks, house, stops

STOPPING = 3  # stops at once; each has a connection of its own
NEIGHBOURS = 20  # customers before and behind the gate whose stop may come next
SWITCH_SECONDS = 0.0005  # a thread that has committed looks at the clock soon, whatever its neighbours compute

Place: TypeAlias = (
    "Synchronized[int]"  # how many customers' gates have begun, in the order of customers; seen by both processes
)
Committed = tuple[str, int, float]  # which stop, of whom, when it had been committed (monotonic seconds)


class Gated(TypedDict):
    """What became of one claim: when each request began (monotonic), by message; when each customer's gate had looked;
    when the last gate was done; and every message as [customer, id, state]."""

    starts: dict[str, float]
    looks: dict[str, float]
    done: float
    messages: list[tuple[int, str, str]]


@dataclass(frozen=True)
class Seen:
    """What stands in `Gated`, as it is noted."""

    starts: dict[str, float] = field(default_factory=dict)
    looks: dict[int, float] = field(default_factory=dict)

    def forget(self) -> None:
        self.starts.clear()
        self.looks.clear()


class Gatekeeper:
    """Claims some customers' check-ins and sends them, in the order of customers."""

    def __init__(self, together: int, place: Place) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._together = together
        self._settings = config.load()
        self._database = db.Database(self._settings.database_url)
        self._place = place
        self._seen = watch(place)
        self._sender = send.Sender(self._settings, self._database)
        self._token = ""
        self._ids: list[str] = []

    def tasks(self) -> dict[str, forks.Task]:
        return {"leave": self._database.close, "claim": self.claim, "gate": self.gate}

    def claim(self) -> list[int]:
        """The customers whose check-ins are claimed; nobody when nothing may leave."""
        with self._database.write() as session:
            lease = due.claim(session, self._together, house.LEASE_SECONDS, (MessageKind.check_in,))
            self._token = lease.token if lease else ""
            columns = select(Message.customer_id, Message.id).where(Message.lease_token == self._token)
            rows = session.execute(columns.order_by(Message.customer_id)).all()
            self._ids = [row.id for row in rows]
            return [row.customer_id or 0 for row in rows]

    def gate(self) -> Gated:
        """Send what was claimed, and wait until everything is settled. A stop may have taken a message out of the lease
        by now: it counts all the same."""
        ids = self._ids
        self._seen.forget()
        self._sender.send(self._token)
        done, self._place.value = clock.monotonic(), len(ids) + NEIGHBOURS
        while any(state == MessageState.handed for _, _, state in self._messages(ids)):
            time.sleep(0.01)
        looks = {str(who): looked for who, looked in self._seen.looks.items()}
        return Gated(starts=self._seen.starts, looks=looks, done=done, messages=self._messages(ids))

    def _messages(self, ids: list[str]) -> list[tuple[int, str, str]]:
        with self._database.read() as session:
            columns = select(Message.customer_id, Message.id, Message.state).where(Message.id.in_(ids))
            return [(row.customer_id or 0, row.id, row.state.value) for row in session.execute(columns)]


class Stopper:
    """Commits stops of those whose gate is about to look, is looking or has just looked."""

    def __init__(self, place: Place) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._place = place
        self._database = db.Database(config.load().database_url)
        self._targets: dict[int, stops.Target] = {}
        self._pool = ThreadPoolExecutor(STOPPING)

    def tasks(self) -> dict[str, forks.Task]:
        return {"leave": self._database.close, "meet": self.meet, "stop": self.stop, "stop_all": self.stop_all}

    def meet(self) -> None:
        """Get to know everybody."""
        self._targets = stops.targets(self._database)

    def stop(self, customers: list[int], seed: int) -> list[Committed]:
        """One after the other while their gates go by, in these customers' order; whoever is too far away is let go."""
        chance, turn = random.Random(seed), threading.Lock()
        left, kinds = dict(enumerate(customers)), [*stops.OF_ONE]

        def pick() -> tuple[str, int] | None:
            with turn:
                near = [each for each in left if abs(each + 0.5 - self._place.value) < NEIGHBOURS]
                return (chance.choice(kinds), left.pop(chance.choice(near))) if near else None

        def work() -> list[Committed]:
            done: list[Committed] = []
            while self._place.value < len(customers) + NEIGHBOURS:
                if picked := pick():
                    done.append(self._stop(*picked))
                time.sleep(0.001)
            return done

        return [each for some in [self._pool.submit(work) for _ in range(STOPPING)] for each in some.result()]

    def stop_all(self, kind: str, customer_id: int, place: int) -> list[Committed]:
        """A stop that concerns everybody, when so many have gone by."""
        while self._place.value < place:
            time.sleep(0.0005)
        return [self._stop(kind, customer_id)]

    def _stop(self, kind: str, customer_id: int) -> Committed:
        stops.STOPS[kind](self._database, self._targets[customer_id])
        return kind, customer_id, clock.monotonic()


def watch(place: Place) -> Seen:
    """From now on says how far the gates have come, and notes the last moment before the first byte of each request,
    and when each customer's gate was done looking. The hook of the provider's client, which may still refuse, is asked
    first."""
    seen = Seen()
    content: ContextVar[bytes] = ContextVar("content")
    post, in_hand = sendgrid.SendGrid.post, sendgrid._in_hand
    drafts, look = drafting.drafts, gate.gate

    async def posted(client: sendgrid.SendGrid, said: bytes, *rest: Any, **named: Any) -> sendgrid.Outcome:
        content.set(said)
        return await post(client, said, *rest, **named)

    async def begun(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        await in_hand(session, context, params)
        seen.starts[_message_id(content.get())] = clock.monotonic()

    def in_order(*asked: Any, **named: Any) -> list[drafting.Draft]:
        return sorted(drafts(*asked, **named), key=lambda each: each.customer_id)

    def looked(session: Any, settings: config.Settings, of: Sequence[drafting.Draft], *rest: Any) -> Any:
        place.value += len(of)
        handed = look(session, settings, of, *rest)
        seen.looks.update((each.customer_id, clock.monotonic()) for each in of)
        return handed

    sendgrid.SendGrid.post = posted  # type: ignore[method-assign,assignment]
    sendgrid._in_hand = begun  # type: ignore[assignment]
    drafting.drafts = in_order
    gate.gate = looked
    return seen


def _message_id(body: bytes) -> str:
    return str(json.loads(body)["custom_args"]["message_id"])
