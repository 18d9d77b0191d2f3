"""The mails in memory: by id, by recipient, in the order they came."""

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from drip.sandbox import clock, mails

KEPT = 200_000  # the oldest leave memory beyond this; the ledger keeps them


class Index:
    def __init__(self) -> None:
        self.mails: list[mails.Mail] = []
        self.by_id: dict[str, mails.Mail] = {}
        self.by_message_id: dict[str, mails.Mail] = {}
        self.by_recipient: dict[str, list[mails.Mail]] = defaultdict(list)
        self.next_number = 0

    def add(self, accepted: mails.Accepted) -> list[mails.Mail]:
        added = mails.of(accepted, self.next_number)
        self.next_number += len(added)
        self._file(added)
        if len(self.mails) > KEPT:
            self._forget_oldest(KEPT // 10)
        return added

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]

    def select(self, *, to: str | None, since: str | None, limit: int | None) -> Sequence[mails.Mail]:
        """Oldest first. `since`: an instant (accepted then or later) or a mail's id (accepted after it).

        Raises ValueError for a `since` that is neither.
        """
        chosen: Sequence[mails.Mail] = self.by_recipient.get(to.lower(), []) if to else self.mails
        if since:
            chosen = chosen[self._start(chosen, since) :]
        return chosen if limit is None else chosen[:limit]

    def after(self, mail_id: str | None) -> Sequence[mails.Mail]:
        """All that came after this mail; everything when it is not there."""
        known = self.by_id.get(mail_id) if mail_id else None
        return self.mails[self._start(self.mails, known.id) :] if known else self.mails

    def business_now(self) -> datetime:
        """Real time, moved as far as the latest mail's business time was from real time."""
        if not self.mails:
            return clock.now()
        latest = self.mails[-1]
        return clock.now() + (latest.business_time - latest.accepted_at)

    def _file(self, added: Iterable[mails.Mail]) -> None:
        for mail in added:
            self.mails.append(mail)
            self.by_id[mail.id] = mail
            self.by_message_id[mail.message_id] = mail
            self.by_recipient[mail.to.lower()].append(mail)

    def _start(self, chosen: Sequence[mails.Mail], since: str) -> int:
        known = self.by_id.get(since)
        if known is not None:
            return bisect.bisect_right(chosen, known.number, key=lambda mail: mail.number)
        return bisect.bisect_left(chosen, clock.parse(since), key=_accepted_at)

    def _forget_oldest(self, count: int) -> None:
        rest, number = self.mails[count:], self.next_number
        self.clear()
        self.next_number = number
        self._file(rest)


def _accepted_at(mail: mails.Mail) -> datetime:
    return mail.accepted_at
