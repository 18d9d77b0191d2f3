"""Accepted mails and asked-for events -> batches -> the two webhooks."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from drip.sandbox import courier, events, mails, misbehave, outbox, settings, signing

EVENTS_PATH = "/webhooks/sendgrid/events"
INBOUND_PATH = "/webhooks/sendgrid/inbound"
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Keys:
    events: signing.Key
    inbound: signing.Key


class Postroom:
    """Make it inside a running loop: it starts tasks. `dropped` says why a mail was not delivered."""

    def __init__(
        self,
        given: settings.Settings,
        keys: Keys,
        misbehaviour: misbehave.Misbehaviour,
        dropped: Callable[[mails.Mail], str | None],
    ) -> None:
        self._given = given
        self._misbehaviour = misbehaviour
        self._dropped = dropped
        self._box = outbox.Outbox(given.data_dir / "outbox.sqlite3")
        self._session = aiohttp.ClientSession(headers={"User-Agent": "SendGrid Event API"})
        self._events = self._courier("events", EVENTS_PATH, keys.events, DAY_SECONDS)
        self._inbound = self._courier("inbound", INBOUND_PATH, keys.inbound, 3 * DAY_SECONDS)
        self._unbatched: list[mails.Mail] = []
        self._something, self._full = asyncio.Event(), asyncio.Event()
        self._batching = asyncio.create_task(self._batch_forever())

    def _courier(self, kind: str, path: str, key: signing.Key, horizon: float) -> courier.Courier:
        route = courier.Route(kind, self._given.webhook_base + path, key, horizon)
        carrier = courier.Courier(route, self._box, self._session)
        for post_id, weight in self._box.waiting(kind):
            carrier.take(post_id, weight)
        return carrier

    def announced(self) -> str | None:
        """The last mail whose events were put into posts, by this process or one before it."""
        return self._box.announced()

    def announce(self, accepted: Sequence[mails.Mail]) -> None:
        """Their processed and delivered events leave with the next batch."""
        self._unbatched.extend(accepted)
        self._something.set()
        if len(self._unbatched) * 2 >= self._given.batch_events:
            self._full.set()

    def post_event(self, event: events.Event) -> None:
        """At once, after what came before it."""
        self.batch()
        self._put_events([event])

    def post_inbound(self, form: bytes, content_type: str) -> None:
        for post in self._box.add("inbound", content_type, [(form, 1)]):
            self._inbound.take(post.id, post.weight)

    def batch(self) -> None:
        """Turns what was announced into posts now."""
        self._something.clear()
        self._full.clear()
        if self._unbatched:
            waiting, self._unbatched = self._unbatched, []
            made = [event for mail in waiting for event in events.first(mail, self._dropped(mail))]
            self._put_events(made, announced=waiting[-1].id)

    def pending(self) -> dict[str, int]:
        """Events and replies that have not had their first try; beside them posts that are repeated."""
        return {
            "events": len(self._unbatched) * 2 + self._events.untried,
            "inbound": self._inbound.untried,
            "events_repeating": self._events.repeating,
            "inbound_repeating": self._inbound.repeating,
        }

    async def first_tries(self) -> None:
        """Returns when everything that there was has had its first try."""
        self.batch()
        await self._events.all_tried()
        await self._inbound.all_tried()

    async def stop(self) -> None:
        self.batch()
        self._batching.cancel()
        await asyncio.gather(self._batching, self._events.stop(), self._inbound.stop(), return_exceptions=True)
        await self._session.close()
        self._box.close()

    async def _batch_forever(self) -> None:
        while True:
            await self._something.wait()
            try:
                async with asyncio.timeout(self._given.batch_seconds):
                    await self._full.wait()
            except TimeoutError:
                pass
            self.batch()

    def _put_events(self, made: list[events.Event], *, announced: str | None = None) -> None:
        wish = self._misbehaviour.posting
        bodies = [
            (json.dumps(chunk, separators=(",", ":")).encode(), len(chunk))
            for copy in _copies(made, wish)
            for chunk in _chunks(copy, self._given.batch_events)
        ]
        for post in self._box.add("events", "application/json", bodies, announced=announced):
            self._events.take(post.id, post.weight, after_seconds=wish.delay_ms / 1000, in_line=not wish.shuffle)


def _copies(made: list[events.Event], wish: misbehave.Posting) -> Iterator[list[events.Event]]:
    """The events as they will be posted: once, or as often and in such disorder as was asked for."""
    arriving = [event for event in made if not wish.lose or random.random() >= wish.lose]  # noqa: S311 -- chance
    for _ in range(1 + wish.duplicates):
        copy = list(arriving)
        if wish.shuffle:
            random.shuffle(copy)
        yield copy


def _chunks(made: list[events.Event], size: int) -> Iterator[list[events.Event]]:
    for start in range(0, len(made), size):
        yield made[start : start + size]
