"""Posts of events that come at once are stored in one transaction; each answer waits until that is durable."""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import exc

from drip import db, logs
from drip.engine.replies import take_in
from drip.providers.sendgrid.events import ProviderEvent

MOST = 4000  # events in one transaction: others wait for it

log = logging.getLogger("drip.webhooks")


@dataclass(eq=False)
class _Post:
    """What one post brought, and how it ended."""

    came: Sequence[ProviderEvent]
    is_done: bool = False
    trouble: Exception | None = None


class Together:
    """Whoever comes while a transaction commits waits for the next one, which takes them all: a busy hour costs few
    commits, and a lone post waits for nobody."""

    def __init__(self, database: db.Database) -> None:
        self._database = database
        self.waiting: deque[_Post] = deque()
        self._turn = threading.Lock()

    def keep(self, came: Sequence[ProviderEvent]) -> bool:
        """Returns when these events are stored durably; raises what kept them from it. Whether the caller is the one
        of those stored together who rings for a worker."""
        mine, rings = _Post(came), False
        self.waiting.append(mine)
        with self._turn:
            while not mine.is_done:
                rings = True
                self._write(self._next())
        if mine.trouble is not None:
            raise mine.trouble
        return rings

    def _next(self) -> list[_Post]:
        """Those who have waited longest; only whoever has the turn takes any."""
        posts = [self.waiting.popleft()]
        events = len(posts[0].came)
        while self.waiting and events + len(self.waiting[0].came) <= MOST:
            posts.append(self.waiting.popleft())
            events += len(posts[-1].came)
        return posts

    def _write(self, posts: Sequence[_Post]) -> None:
        """All or, where the database does not like one of them, each by itself: none is lost with another."""
        trouble = self._try(posts)
        if isinstance(trouble, exc.DataError | exc.IntegrityError) and len(posts) > 1:
            for post in posts:
                self._write([post])
            return
        for post in posts:
            post.is_done, post.trouble = True, trouble

    def _try(self, posts: Sequence[_Post]) -> Exception | None:
        events = list(chain.from_iterable(post.came for post in posts))
        try:
            fresh = self._keep(events)
        except Exception as trouble:  # each post that waits must learn of it, whatever it is
            return trouble
        log.info(logs.line("events.stored", posts=len(posts), events=len(events), new=fresh))
        return None

    def _keep(self, events: Sequence[ProviderEvent]) -> int:
        """What can be seen has been made durable before, so that posts which tell nothing new write nothing."""
        with self._database.read() as session:
            rows = take_in.unknown(session, events)
        if not rows:
            return 0
        with self._database.write() as session:
            return take_in.keep(session, rows)
