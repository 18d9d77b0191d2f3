"""The people whom a newcomer meets first, and the rows that are broken on purpose."""

from dataclasses import dataclass
from datetime import datetime

import people
import world


@dataclass(frozen=True)
class Part:
    """A sale with a check-in due on the morning of the clock. Times are the shop's, without offset."""

    person: people.Person
    host: str
    timezone: str
    product: world.Product
    bought: datetime
    delivered: datetime
    promise: str = ""
    due_on: str = ""


def _part(who: tuple[str, str, str, str], sku: str, times: str, owed: str = "|") -> Part:
    """`times` are bought and delivered, `owed` is a promise and its date."""
    first_name, last_name, address, where = who
    mailbox, host = address.split("@")
    product = next(found for found in world.CARS + world.BIKES if found.sku == sku)
    bought, delivered = map(datetime.fromisoformat, times.split())
    person = people.Person(first_name, last_name, mailbox)
    return Part(person, host, where, product, bought, delivered, *owed.split("|"))


_HOME = "America/New_York"
_ANA = ("Ana", "Ribeiro", "ana.ribeiro@post.test", _HOME)
_WALTER = ("Walter", "Hollis", "walter.hollis@letters.test", "Europe/London")
_NORA = ("Nora", "Whitaker", "nora@whitaker.example", _HOME)
_SEAN = ("Seán", "O'Brien, Jr.", "sean@obrien.example", "Europe/Dublin")
_RUTH = ("Ruth", "Carver", "ruth.carver@inbox.example", _HOME)
_HENRY = ("Henry", "Frost", "henry.frost@mail.example", _HOME)
_GIULIA = ("Giulia", "D'Angelo", "giulia@dangelo.example", "Europe/Rome")
_HAZEL = ("Hazel", "MacLeod", "hazel.macleod@post.test", _HOME)
_NAKAMURA = ("", "Nakamura", "nakamura@home.example", _HOME)
_IVY = ("Ivy", "Penhallow", "ivy@penhallow.example", _HOME)
_TIAGO = ("Tiago", "Gonçalves", "tiago.goncalves@letters.test", "Europe/Lisbon")
_PRIYA = ("Priya", "Sharma", "priya.sharma@inbox.example", "Asia/Kolkata")
_YUKI = ("Yuki", "Tanaka", "yuki.tanaka@home.example", "Asia/Tokyo")

# In the order of the campaign's steps; Priya's and Yuki's day is over by then, so theirs go the next morning.
CAST = [
    _part(_NORA, "PETREL-EV", "2026-08-22T11:05 2026-08-31T10:30"),
    _part(_ANA, "GANNET-W", "2026-08-20T15:20 2026-08-27T16:30", "free fitting of the roof bars|2026-09-04"),
    _part(_SEAN, "CURLEW-HY", "2026-08-03T12:40 2026-08-24T10:00"),
    _part(_NAKAMURA, "TERN-H", "2026-07-30T17:10 2026-08-02T13:00"),
    _part(_RUTH, "OSPREY-P", "2026-05-20T10:45 2026-05-24T14:15"),
    _part(_HENRY, "CURLEW-HY", "2026-02-27T16:00 2026-03-03T11:00"),
    _part(_GIULIA, "KITTIWAKE-C", "2025-11-14T09:50 2025-12-05T09:30"),
    _part(_WALTER, "TERN-H", "2025-08-21T13:30 2025-09-01T10:15"),
    _part(_HAZEL, "TERN-H", "2025-07-28T10:20 2025-07-28T16:40"),
    _part(_IVY, "SANDPIPER-X", "2026-08-29T14:05 2026-08-29T14:05"),
    _part(_TIAGO, "PLOVER-C", "2026-08-25T11:25 2026-08-29T09:00", "a second charger|2026-09-08"),
    _part(_PRIYA, "GANNET-W", "2025-08-18T09:40 2025-09-01T09:10"),
    _part(_YUKI, "PETREL-EV", "2026-08-12T10:10 2026-08-31T08:30"),
]

# What an import should refuse, each for its own reason. Every other cell of the row is in order.
BROKEN: list[dict[str, str]] = [
    {"email": "jonas.weber(at)letters.test"},
    {"email": ""},
    {"order_id": ""},
    {"purchased_at": "2026-02-30T10:00:00-05:00", "delivered_at": ""},
    {"purchased_at": "03/04/2026", "delivered_at": ""},
    {"purchased_at": "2062-05-17T11:30:00-04:00", "delivered_at": ""},
    {"amount": "-24900.00"},
    {"amount": "about twenty thousand"},
    {"timezone": "Mars/Olympus_Mons"},
    {"status": "on the lorry"},
]
