"""The two processes of a race: one brings check-ins through the gate, the other commits the stops."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from types import SimpleNamespace
from typing import TypedDict

import aiohttp
from sqlalchemy import select

from drip import clock, config, db
from drip.engine.sending import due, send
from drip.models.message import Message, MessageKind, MessageState
from drip.providers.sendgrid import send as sendgrid
from tests.faults import forks, house, stops

Wanted = tuple[float, str, int]  # when (monotonic seconds), which stop, of whom
Committed = tuple[str, int, float, float]  # which stop, of whom, when it had been committed, what it took (seconds)


class Gated(TypedDict):
    """What became of one claim: when each request began (monotonic), when gates looked that let something pass, when
    the last gate was done, and every message as [customer, id, state]."""

    starts: dict[str, float]
    looks: list[float]
    done: float
    messages: list[tuple[int, str, str]]


class Gatekeeper:
    """Claims some customers' check-ins and sends them at a given moment."""

    def __init__(self, together: int) -> None:
        self._together = together
        self._settings = config.load()
        self._database = db.Database(self._settings.database_url)
        self._starts, self._looks = watch()
        self._sender = send.Sender(self._settings, self._database)
        self._token = ""

    def tasks(self) -> dict[str, forks.Task]:
        return {"leave": self._database.close, "claim": self.claim, "gate": self.gate}

    def claim(self) -> list[int]:
        """The customers whose check-ins are claimed; nobody when nothing may leave."""
        with self._database.write() as session:
            lease = due.claim(session, self._together, house.LEASE_SECONDS, (MessageKind.check_in,))
            self._token = lease.token if lease else ""
            rows = select(Message.customer_id).where(Message.lease_token == self._token)
            return [each for each in session.scalars(rows) if each is not None]

    def gate(self, at: float) -> Gated:
        """Send what was claimed at this moment (monotonic seconds), and wait until everything is settled."""
        with self._database.read() as session:
            ids = list(session.scalars(select(Message.id).where(Message.lease_token == self._token)))
        self._starts.clear()
        self._looks.clear()
        time.sleep(max(0.0, at - clock.monotonic()))
        self._sender.send(self._token)
        done = clock.monotonic()
        while any(state == MessageState.handed for _, _, state in self._messages(ids)):
            time.sleep(0.003)
        return Gated(starts=self._starts, looks=self._looks, done=done, messages=self._messages(ids))

    def _messages(self, ids: list[str]) -> list[tuple[int, str, str]]:
        with self._database.read() as session:
            rows = session.scalars(select(Message).where(Message.id.in_(ids)))
            return [(row.customer_id or 0, row.id, row.state.value) for row in rows]


class Stopper:
    """Commits stops at given moments."""

    def __init__(self) -> None:
        self._database = db.Database(config.load().database_url)
        self._targets: dict[int, stops.Target] = {}

    def tasks(self) -> dict[str, forks.Task]:
        return {"leave": self._database.close, "meet": self.meet, "stop": self.stop}

    def meet(self) -> None:
        """Get to know everybody."""
        self._targets = stops.targets(self._database)

    def stop(self, wanted: list[Wanted]) -> list[Committed]:
        """Each at its moment and on a connection of its own."""
        with ThreadPoolExecutor(len(wanted)) as pool:
            return list(pool.map(lambda each: self._stop(*each), wanted))

    def _stop(self, moment: float, kind: str, customer_id: int) -> Committed:
        time.sleep(max(0.0, moment - clock.monotonic()))
        began = clock.monotonic()
        stops.STOPS[kind](self._database, self._targets[customer_id])
        return kind, customer_id, (now := clock.monotonic()), now - began


def watch() -> tuple[dict[str, float], list[float]]:
    """From now on notes the last moment before the first byte of each request, by message id, and when its gate had
    looked. The hook of the provider's client, which may still refuse, is asked first."""
    starts: dict[str, float] = {}
    looks: list[float] = []
    content: ContextVar[bytes] = ContextVar("content")
    post, in_hand = sendgrid.SendGrid.post, sendgrid._in_hand

    async def posted(
        client: sendgrid.SendGrid, said: bytes, looked_at: float, headers: dict[str, str] | None = None
    ) -> sendgrid.Outcome:
        content.set(said)
        return await post(client, said, looked_at, headers)

    async def begun(session: aiohttp.ClientSession, context: SimpleNamespace, params: object) -> None:
        await in_hand(session, context, params)
        starts[_message_id(content.get())] = clock.monotonic()
        looks.append(context.trace_request_ctx.looked_at)

    sendgrid.SendGrid.post = posted  # type: ignore[method-assign,assignment]
    sendgrid._in_hand = begun  # type: ignore[assignment]
    return starts, looks


def _message_id(body: bytes) -> str:
    return str(json.loads(body)["custom_args"]["message_id"])
