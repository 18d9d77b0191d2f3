"""What a provider posts about accepted mails: each event three times, shuffled, in signed posts of 1 to 400."""

import base64
import json
import pickle
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench import houses

COPIES = 3
EVENTS_A_MAIL = 3
MOST_IN_A_POST = 400
LATE_SECONDS = 3.0  # a copy comes up to so much later than the first
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile"
Event = dict[str, object]


@dataclass(frozen=True)
class Post:
    """One request: when it leaves, in seconds from the start, and what is in it."""

    at: float
    events: int
    signature: str
    timestamp: str
    body: bytes


class Key:
    """The provider's key pair."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        der = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def sign(self, at: str, body: bytes) -> str:
        return base64.b64encode(self._private.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()


def message_id(number: int) -> str:
    """Of the accepted mails that the bench has put there, from 1."""
    return f"{number:026d}"


def address(number: int) -> str:
    """To whom it went."""
    return f"buyer{number - 1}@bench.example"


def posts(key: Key, mails: int, rate: int) -> list[Post]:
    """All posts about so many mails, at so many events a second."""
    dice = random.Random(7)
    told = _deliveries(mails, rate, dice)
    return list(_cut(key, told, rate, dice))


def write(path: Path, given: Sequence[Post]) -> None:
    """For the process that posts them."""
    path.write_bytes(pickle.dumps(given))


def _deliveries(mails: int, rate: int, dice: random.Random) -> list[Event]:
    """Every copy of every event in the order in which they leave."""
    span = mails * EVENTS_A_MAIL * COPIES / rate
    timed: list[tuple[float, int, Event]] = []
    for number in range(1, mails + 1):
        for event in _story(number):
            first = dice.random() * span
            lags = (0.0, *(dice.random() * LATE_SECONDS for _ in range(COPIES - 1)))
            timed += [(first + lag, len(timed) + place, event) for place, lag in enumerate(lags)]
    return [event for _, _, event in sorted(timed, key=lambda each: each[:2])]


def _cut(key: Key, told: Sequence[Event], rate: int, dice: random.Random) -> Iterator[Post]:
    start = 0
    while start < len(told):
        events = list(told[start : start + dice.randint(1, MOST_IN_A_POST)])
        start += len(events)
        dice.shuffle(events)
        body = json.dumps(events).encode()
        stamp = str(int(houses.START.timestamp()) + start // rate)
        yield Post(start / rate, len(events), key.sign(stamp, body), stamp, body)


def _story(number: int) -> list[Event]:
    """One in fifty bounces, one in five hundred complains, the others are read."""
    if number % 50 == 0:
        return [_event(number, "processed"), _event(number, "deferred", **_BUSY), _event(number, "bounce", **_GONE)]
    last = "spamreport" if number % 500 == 1 else "open"
    return [
        _event(number, "processed"),
        _event(number, "delivered", response="250 2.0.0 OK 1788265200 a1-2 - gsmtp", ip="192.0.2.25", tls=1),
        _event(number, last, useragent=BROWSER, ip="198.51.100.7", sg_machine_open=False),
    ]


_BUSY: Event = {"response": "450 4.2.1 mailbox busy, try again later", "attempt": "1", "ip": "192.0.2.25", "tls": 1}
_GONE: Event = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such mailbox",
                "bounce_classification": "Invalid Address", "ip": "192.0.2.25", "tls": 1}  # fmt: skip


def _event(number: int, name: str, **more: object) -> Event:
    return {
        "email": address(number),
        "timestamp": int(houses.START.timestamp()) + number % 3600,
        "smtp-id": f"<{message_id(number)}@harbourcars.example>",
        "event": name,
        "category": ["first-year"],
        "sg_event_id": base64.urlsafe_b64encode(f"{name[:9]:9}{number:09d}".encode()).decode(),
        "sg_message_id": f"{number:022d}.recvd-5f54b5d587-x7k2m-1-6A3F0D1C-{number % 90 + 10}.0",
        "message_id": message_id(number),
        **more,
    }
