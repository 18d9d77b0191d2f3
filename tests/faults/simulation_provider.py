"""The provider of the simulation, in the place of aiohttp's client: it takes mails, and it misbehaves."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from types import SimpleNamespace, TracebackType
from typing import Any, Protocol

import aiohttp

from drip.providers.sendgrid import send as sendgrid


@dataclass(frozen=True)
class Fate:
    """What becomes of one request: `connects`, seconds until then, whether it is taken, and the answer: a status, or
    0 for silence and -1 for a reset."""

    name: str
    weight: float
    status: int
    takes: bool = False
    connects: bool = True
    slow: float = 0.0


FAIR = (
    Fate("fine", 972, 202, takes=True),
    Fate("taken, then 500", 3, 500, takes=True),
    Fate("taken, then silence", 3, 0, takes=True),
    Fate("taken, then reset", 4, -1, takes=True),
    Fate("reset before the body", 3, -1),
    Fate("503", 2, 503),
    Fate("400", 3, 400),
    Fate("429", 1, 429),
    Fate("401", 0.05, 401),
    Fate("no connection", 1, 0, connects=False),
    Fate("slow to connect", 8, 202, takes=True, slow=4.0),
)
CALM = (FAIR[0],)
STORMS: tuple[tuple[Fate, ...], ...] = (
    (Fate("outage: taken, then 500", 1, 500, takes=True), Fate("outage: 503", 1, 503)),
    (Fate("outage: taken, then silence", 1, 0, takes=True), Fate("outage: silence", 1, 0)),
    (Fate("outage: no connection", 1, 0, connects=False),),
    (Fate("outage: 429", 1, 429),),
)


class Process(Protocol):
    """Whoever posts: it may be frozen, or die while it waits."""

    async def thaw(self) -> None:
        """Wait until it runs again; raises when it is dead."""


class Witness(Protocol):
    """Who is told what really happens."""

    def started(self, message_id: str) -> None:
        """The first byte of a request leaves."""

    def taken(self, message_id: str, mail: Mapping[str, Any], *, answered: bool) -> None:
        """The provider has the mail and will deliver it."""


class Provider:
    """Decides over every request, by chance and weather."""

    def __init__(self, chance: Random, witness: Witness, harm: float = 1.0) -> None:
        """`harm`: how much more often than by FAIR's weights something goes wrong."""
        self.chance = chance
        self.witness = witness
        self.fair = (FAIR[0], *(replace(each, weight=each.weight * harm) for each in FAIR[1:]))
        self.weather = self.fair
        self.until = 0.0

    def storm(self, seconds: float) -> None:
        """From now on, for some time, everything goes wrong in one way."""
        self.weather = self.chance.choice(STORMS)
        self.until = asyncio.get_running_loop().time() + seconds

    def fate(self) -> Fate:
        if self.weather in STORMS and asyncio.get_running_loop().time() > self.until:
            self.weather = self.fair
        fates = self.weather
        return self.chance.choices(fates, [each.weight for each in fates])[0]


class Session:
    """As much of aiohttp.ClientSession as the product uses."""

    def __init__(self, provider: Provider, process: Process, **settings: Any) -> None:
        self.provider, self.process = provider, process
        self.seconds = settings["timeout"].total
        (self.trace,) = settings["trace_configs"]

    def post(
        self, _url: str, *, data: bytes | aiohttp.BytesPayload, trace_request_ctx: SimpleNamespace, **_: object
    ) -> "_Request":
        return _Request(self, data, trace_request_ctx)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Answer:
    """A status line, headers and a body."""

    status: int

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Message-Id": "p"}

    @property
    def content(self) -> "Answer":
        return self

    async def read(self, _most: int) -> bytes:
        return b'{"errors": [{"message": "no"}]}'


class _Request:
    def __init__(self, session: Session, data: bytes | aiohttp.BytesPayload, attempt: SimpleNamespace) -> None:
        self.session, self.data, self.attempt = session, data, attempt

    async def __aenter__(self) -> Answer:
        provider, process = self.session.provider, self.session.process
        fate, chance = provider.fate(), provider.chance
        await asyncio.sleep(fate.slow * chance.random() if fate.slow else chance.random() * 0.002)
        await process.thaw()
        if not fate.connects:
            raise aiohttp.ClientConnectionError("refused")
        context = self.session.trace.trace_config_ctx(trace_request_ctx=self.attempt)
        for look in self.session.trace.on_request_headers_sent:
            await look(self.session, context, SimpleNamespace(headers={}))
        travel = 0.001 + chance.random() * (0.05 if chance.random() < 0.99 else 20)
        self._leave(fate, travel)
        await asyncio.sleep(travel if fate.status else self.session.seconds)
        await process.thaw()
        return _answer(fate)

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """The connection goes back to the pool."""

    def _leave(self, fate: Fate, travel: float) -> None:
        """Bytes on their way arrive, whatever becomes of the process that sent them."""
        said = self.data if isinstance(self.data, bytes) else self.data.decode()
        witness, mail = self.session.provider.witness, json.loads(said)
        message_id = mail["custom_args"]["message_id"]
        witness.started(message_id)
        if fate.takes:
            answered = fate.status == 202
            asyncio.get_running_loop().call_later(travel, lambda: witness.taken(message_id, mail, answered=answered))


def _answer(fate: Fate) -> Answer:
    if fate.status == 0:
        raise TimeoutError
    if fate.status < 0:
        raise aiohttp.ServerDisconnectedError
    return Answer(fate.status)


def client(provider: Provider, process: Process) -> SimpleNamespace:
    """What stands in for the module aiohttp where the product builds its client."""
    known = {name: getattr(aiohttp, name) for name in ("TraceConfig", "TCPConnector", "ClientTimeout", "ClientError")}
    known["TCPConnector"] = lambda **_: None
    return SimpleNamespace(**known, ClientSession=lambda **settings: Session(provider, process, **settings))


PLACE = (sendgrid, "aiohttp")
