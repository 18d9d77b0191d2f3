"""The ceiling of the events: check a signature, parse the JSON, write the same rows with the driver, nothing else."""

import base64
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bench import told
from drip import db

MOST_POSTS = 300
COLUMNS = ("event_key", "kind", "name", "message_id", "provider_id", "permanent", "reason", "payload", "at",
           "received_at", "applied_at")  # fmt: skip
Row = tuple[object, ...]


@dataclass(frozen=True)
class Ceiling:
    """Events a second of one thread: verified and parsed; written, one durable transaction a post; both in turn."""

    read: float
    written: float

    @property
    def both(self) -> float:
        return 1 / (1 / self.read + 1 / self.written)


def measure(database: db.Database, posts: Sequence[told.Post], public: str) -> Ceiling:
    """With the first posts; the table is empty afterwards."""
    some = posts[:MOST_POSTS]
    events = sum(post.events for post in some)
    rows = [_rows(database, post) for post in some]
    started = time.monotonic()
    _read(some, public)
    read = time.monotonic() - started
    started = time.monotonic()
    _write(database, rows)
    written = time.monotonic() - started
    with database.write() as session:
        session.connection().exec_driver_sql("DELETE FROM delivery_events")
    return Ceiling(events / read, events / written)


def _read(posts: Sequence[told.Post], public: str) -> None:
    key = serialization.load_der_public_key(base64.b64decode(public))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    for post in posts:
        key.verify(base64.b64decode(post.signature), post.timestamp.encode() + post.body, ec.ECDSA(hashes.SHA256()))
        json.loads(post.body)


def _write(database: db.Database, posts: Sequence[Sequence[Row]]) -> None:
    mark = "?" if database.is_sqlite else "%s"
    into = f"INSERT INTO delivery_events ({', '.join(COLUMNS)}) VALUES ({', '.join([mark] * len(COLUMNS))})"
    for rows in posts:
        with database.write() as session:
            connection: Any = session.connection().connection.driver_connection
            connection.cursor().executemany(f"{into} ON CONFLICT DO NOTHING", rows)


def _rows(database: db.Database, post: told.Post) -> list[Row]:
    at = datetime.now(UTC)
    stamp = at.replace(tzinfo=None).isoformat(" ") if database.is_sqlite else at
    return list(_listed(json.loads(post.body), stamp))


def _listed(events: Sequence[told.Event], stamp: object) -> Iterator[Row]:
    for event in sorted(events, key=lambda each: str(each["sg_event_id"])):
        name, request = event["event"], str(event["sg_message_id"]).partition(".")[0]
        known = (event["sg_event_id"], name, name, event["message_id"], request, False, "")
        yield (*known, json.dumps(event), stamp, stamp, None)
