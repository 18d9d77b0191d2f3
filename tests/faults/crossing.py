"""The two processes of a race: one brings check-ins through the gate, the other commits the stops."""

import json
import random
import sys
import threading
import time
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from types import SimpleNamespace
from typing import Any, TypeAlias, TypedDict

import aiohttp
from sqlalchemy import event, select

from drip import clock, config, db
from drip.engine.sending import draft as drafting
from drip.engine.sending import due, gate, send
from drip.models.message import Message, MessageKind, MessageState
from drip.providers.sendgrid import send as sendgrid
from tests.faults import forks, house, scheduling, stops

PAUSE_SECONDS = 0.004  # between two stops at most: their moments must be chance's, and the cores the product's
NEIGHBOURS = 20  # customers before and behind the gate whose stop may come next
SWITCH_SECONDS = 0.0005  # a thread that has committed looks at the clock soon, whatever its neighbours compute

Place: TypeAlias = (
    "Synchronized[int]"  # how many customers' gates have begun, in the order of customers; seen by both processes
)
Committed = tuple[str, int, float]  # which stop, of whom, when it had been committed (monotonic seconds)


class Passed(TypedDict):
    """One message: of whom, in what state it ended, and when (monotonic) its gate had looked, the gate's commit was
    done and its request began; `waited`: for how many seconds between the latter two the sender's thread was ready to
    run and no core was free."""

    customer: int
    state: str
    look: float
    commit: float | None
    start: float | None
    waited: float


@dataclass(frozen=True)
class Seen:
    """What `Passed` tells, as it is noted: gates by customer, requests by message; each with the seconds that the
    sender's thread had waited for a core by then."""

    looks: dict[int, float] = field(default_factory=dict)
    commits: dict[int, tuple[float, float]] = field(default_factory=dict)
    starts: dict[str, tuple[float, float]] = field(default_factory=dict)

    def forget(self) -> None:
        for each in (self.looks, self.commits, self.starts):
            each.clear()


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

    def gate(self) -> dict[str, Passed]:
        """Send what was claimed, and wait until everything is settled; by message. A stop may have taken a message out
        of the lease by now: it counts all the same."""
        self._seen.forget()
        self._sender.send(self._token)
        done, self._place.value = clock.monotonic(), len(self._ids) + NEIGHBOURS
        while any(state == MessageState.handed for _, _, state in self._messages()):
            time.sleep(0.01)
        return {message_id: self._passed(who, message_id, state, done) for who, message_id, state in self._messages()}

    def _passed(self, who: int, message_id: str, state: str, done: float) -> Passed:
        """A message that was not there any more when its batch was drafted counts as looked at when all were."""
        seen = self._seen
        commit, waited = seen.commits.get(who, (None, 0.0))
        start, had_waited = seen.starts.get(message_id, (None, waited))
        look = seen.looks.get(who, done)
        return Passed(
            customer=who, state=state, look=look, commit=commit, start=start, waited=round(had_waited - waited, 5)
        )

    def _messages(self) -> list[tuple[int, str, str]]:
        with self._database.read() as session:
            columns = select(Message.customer_id, Message.id, Message.state).where(Message.id.in_(self._ids))
            return [(row.customer_id or 0, row.id, row.state.value) for row in session.execute(columns)]


class Stopper:
    """Commits stops of those whose gate is about to look, is looking or has just looked."""

    def __init__(self, place: Place) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._place = place
        self._database = db.Database(config.load().database_url)
        self._targets: dict[int, stops.Target] = {}

    def tasks(self) -> dict[str, forks.Task]:
        return {"leave": self._database.close, "meet": self.meet, "stop": self.stop, "stop_all": self.stop_all}

    def meet(self) -> None:
        """Get to know everybody."""
        self._targets = stops.targets(self._database)

    def stop(self, customers: list[int], seed: int) -> list[Committed]:
        """One after the other while their gates go by, in these customers' order; whoever is too far away is let go."""
        chance, done = random.Random(seed), list[Committed]()
        left, kinds = dict(enumerate(customers)), [*stops.OF_ONE]
        while self._place.value < len(customers) + NEIGHBOURS:
            near = [each for each in left if abs(each + 0.5 - self._place.value) < NEIGHBOURS]
            if near:
                done.append(self._stop(chance.choice(kinds), left.pop(chance.choice(near)), chance))
            else:
                time.sleep(0.001)
        return done

    def stop_all(self, kind: str, customer_id: int, place: int, seed: int) -> list[Committed]:
        """A stop that concerns everybody, when so many have gone by."""
        while self._place.value < place:
            time.sleep(0.0005)
        return [self._stop(kind, customer_id, random.Random(seed))]

    def _stop(self, kind: str, customer_id: int, chance: random.Random) -> Committed:
        """Everything but the commit is ready before the moment that chance chooses."""
        act = stops.STOPS[kind](self._database, self._targets[customer_id])
        time.sleep(chance.uniform(0, PAUSE_SECONDS))
        act()
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
        seen.starts[_message_id(content.get())] = _now()

    def in_order(*asked: Any, **named: Any) -> list[drafting.Draft]:
        return sorted(drafts(*asked, **named), key=lambda each: each.customer_id)

    def looked(session: Any, settings: config.Settings, of: Sequence[drafting.Draft], *rest: Any) -> Any:
        place.value += len(of)
        customers = [each.customer_id for each in of]
        event.listen(session, "after_commit", lambda _: seen.commits.update(dict.fromkeys(customers, _now())))
        handed = look(session, settings, of, *rest)
        seen.looks.update(dict.fromkeys(customers, clock.monotonic()))
        return handed

    sendgrid.SendGrid.post = posted  # type: ignore[method-assign,assignment]
    sendgrid._in_hand = begun  # type: ignore[assignment]
    drafting.drafts = in_order
    gate.gate = looked
    return seen


def _now() -> tuple[float, float]:
    """And how long the sender's loop has waited for a core in its life."""
    loop = next(each for each in threading.enumerate() if each.name == "sender")
    return clock.monotonic(), scheduling.waited(loop.native_id or 0)


def _message_id(body: bytes) -> str:
    return str(json.loads(body)["custom_args"]["message_id"])
