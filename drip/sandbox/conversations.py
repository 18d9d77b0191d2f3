"""The mailbox as a person reads it: people, and what went to and fro with each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.sandbox import clock, index, journal, mails


@dataclass(frozen=True)
class Person:
    """One mailbox. `latest` is its newest mail."""

    address: str
    name: str
    latest: mails.Mail
    unread: int
    replied: bool

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[0].isalnum()] or [self.name]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def hue(self) -> int:
        """0 to 7, the same for an address at all times."""
        return sum(self.address.encode()) % 8


@dataclass(frozen=True)
class Entry:
    """A mail to the person, or the person's answer to one; `happenings`: events asked for about the mail."""

    at: datetime
    mail: mails.Mail | None = None
    reply: journal.Reply | None = None
    happenings: Sequence[str] = ()


@dataclass(frozen=True)
class Thread:
    """Entries, oldest first, that answer one another."""

    entries: Sequence[Entry]

    @property
    def first(self) -> mails.Mail:
        return next(entry.mail for entry in self.entries if entry.mail)

    @property
    def last(self) -> mails.Mail:
        return next(entry.mail for entry in reversed(self.entries) if entry.mail)

    @property
    def at(self) -> datetime:
        return self.entries[-1].at


def people(found: index.Index, deeds: journal.Journal, search: str) -> list[Person]:
    """Everybody whose name, address or mails hold all words of the search, newest mail first."""
    words = search.lower().split()
    matching = (each for each in found.by_recipient.values() if _matches(each, words))
    return [person_of(each, deeds) for each in sorted(matching, key=lambda each: each[-1].number, reverse=True)]


def person_of(received: Sequence[mails.Mail], deeds: journal.Journal) -> Person:
    latest = received[-1]
    seen = deeds.read_up_to.get(latest.to.lower(), -1)
    return Person(
        address=latest.to,
        name=next((mail.to_name.strip() for mail in reversed(received) if mail.to_name.strip()), latest.to),
        latest=latest,
        unread=sum(mail.number > seen for mail in received),
        replied=any(deeds.replies.get(mail.id) for mail in received),
    )


def threads(received: Sequence[mails.Mail], deeds: journal.Journal) -> list[Thread]:
    """All that one person got and answered, the liveliest thread first."""
    roots = _roots(received, deeds)
    grouped: dict[str, list[Entry]] = {}
    for mail in received:
        grouped.setdefault(roots[mail.message_id], []).extend(_entries(mail, deeds))
    made = [Thread(sorted(entries, key=lambda entry: entry.at)) for entries in grouped.values()]
    return sorted(made, key=lambda thread: thread.at, reverse=True)


def _matches(received: Sequence[mails.Mail], words: Sequence[str]) -> bool:
    if not words:
        return True
    everything = "\n".join(f"{mail.to} {mail.to_name} {mail.subject} {mail.text}" for mail in received).lower()
    return all(word in everything for word in words)


def _roots(received: Sequence[mails.Mail], deeds: journal.Journal) -> dict[str, str]:
    """Message-ID of each mail and answer -> Message-ID of the mail that began its thread."""
    roots: dict[str, str] = {}
    for mail in received:
        root = next((roots[parent] for parent in _parents(mail) if parent in roots), mail.message_id)
        roots[mail.message_id] = root
        roots.update((reply.message_id, root) for reply in deeds.replies.get(mail.id, ()))
    return roots


def _parents(mail: mails.Mail) -> Iterator[str]:
    headers = {name.lower(): value for name, value in mail.headers.items()}
    yield from headers.get("in-reply-to", "").split()
    yield from reversed(headers.get("references", "").split())


def _entries(mail: mails.Mail, deeds: journal.Journal) -> Iterator[Entry]:
    happenings = [happening.event for happening in deeds.happenings.get(mail.id, ())]
    yield Entry(at=mail.business_time, mail=mail, happenings=list(dict.fromkeys(happenings)))
    for reply in deeds.replies.get(mail.id, ()):
        yield Entry(at=clock.parse(reply.at), reply=reply)
