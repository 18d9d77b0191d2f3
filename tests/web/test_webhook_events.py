"""The provider's events over real HTTP: signed and stored, or refused; what is lost on the way is asked for again."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drip import config, db
from drip.engine.replies import track
from drip.models.message import Delivery, MessageState
from drip.providers.sendgrid import events, signature
from drip.web import app
from tests import sandbox_process, world
from tests.engine.replies import telling
from tests.web import outage
from tests.world import sending

PATH = "/webhooks/sendgrid/events"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()


@dataclass(frozen=True)
class Door:
    """Our side, listening; `http` is the provider's."""

    database: db.Database
    settings: config.Settings
    http: httpx.Client

    def post(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        return self.http.post(PATH, content=body, headers=signed(body) if headers is None else headers).status_code

    def kept(self) -> int:
        return len(telling.kept(self.database))


@pytest.fixture
def door(published_world: db.Database, settings: config.Settings) -> Iterator[Door]:
    with opened(published_world, replace(settings, event_keys=("another", PUBLIC))) as door:
        yield door


@contextmanager
def opened(database: db.Database, settings: config.Settings) -> Iterator[Door]:
    """The web application on a port of its own until the block ends."""
    port = sandbox_process.free_port()
    server = uvicorn.Server(uvicorn.Config(app.create(settings, database), port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as http:
        yield Door(database, settings, http)
    server.should_exit = True
    thread.join()


def batch(*told: telling.Event) -> bytes:
    return json.dumps(told or [telling.event("delivered", "0" * 26)]).encode()


def signed(body: bytes, at: str = "1700000000") -> dict[str, str]:
    given = PRIVATE.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {signature.SIGNATURE_HEADER: base64.b64encode(given).decode(), signature.TIMESTAMP_HEADER: at}


def flipped(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_what_is_signed_is_stored_and_waits_to_be_applied(door: Door) -> None:
    body = batch(telling.event("delivered", "0" * 26), telling.event("unheard-of"))
    assert door.post(body) == 200
    assert [(row.kind, row.applied_at) for row in telling.kept(door.database)] == [
        ("delivered", None),
        ("unknown", None),
    ]


def test_a_post_that_comes_five_times_is_stored_once(door: Door) -> None:
    body = batch()
    assert [door.post(body, signed(body, str(at))) for at in range(5)] == [200] * 5
    assert door.kept() == 1


def test_posts_that_come_at_once_and_in_different_order_are_all_taken(door: Door) -> None:
    told = [telling.event("open", "0" * 26) for _ in range(200)]
    codes: list[int] = []
    bodies = [batch(*told), batch(*told[::-1]), batch(*told[100:], *told[:100])]
    threads = [threading.Thread(target=lambda body=body: codes.append(door.post(body))) for body in bodies * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (codes, door.kept()) == ([200] * 6, 200)


def test_a_single_flipped_bit_anywhere_is_refused(door: Door) -> None:
    body = batch()
    headers = signed(body)
    for bit in range(0, len(body) * 8, 37):
        assert door.post(flipped(body, bit), headers) == 403
    given = base64.b64decode(headers[signature.SIGNATURE_HEADER])
    for bit in range(0, len(given) * 8, 37):
        wrong = base64.b64encode(flipped(given, bit)).decode()
        assert door.post(body, headers | {signature.SIGNATURE_HEADER: wrong}) == 403
    assert door.kept() == 0


@pytest.mark.parametrize("missing", [(0,), (1,), (0, 1)])
def test_without_its_whole_signature_it_is_refused(door: Door, missing: Sequence[int]) -> None:
    names = (signature.SIGNATURE_HEADER, signature.TIMESTAMP_HEADER)
    headers = {name: value for name, value in signed(batch()).items() if names.index(name) not in missing}
    assert door.post(batch(), headers) == 403
    assert door.post(batch(), signed(batch()) | {signature.TIMESTAMP_HEADER: "1700000001"}) == 403
    assert door.kept() == 0


@pytest.mark.parametrize("junk", [b"", b"{}", b"junk", b"[" * 100_000, b"\xff\xfe", b'"text"', b"null"])
def test_what_never_will_be_events_is_not_asked_for_again(door: Door, junk: bytes) -> None:
    assert door.post(junk) == 200
    assert door.kept() == 0


def test_an_element_that_makes_no_sense_does_not_lose_its_neighbours(door: Door) -> None:
    assert (
        door.post(b'[1, {"event": "delivered\\u0000"}, [[]], {"event": "open", "email": 7, "timestamp": 1e99}]') == 200
    )
    assert door.kept() == 4
    assert telling.apply(door.database) == 4


def test_a_body_that_is_larger_than_any_batch_is_refused(door: Door) -> None:
    assert door.post(b" " * (events.MOST_BYTES + 1)) == 413


def test_while_the_database_is_away_the_post_is_asked_for_again(door: Door, request: pytest.FixtureRequest) -> None:
    server = "" if door.database.is_sqlite else request.getfixturevalue("postgresql_server")
    body = batch()
    assert door.post(batch(telling.event("open"))) == 200
    with outage.of(door.database, server, "delivery_events"):
        assert door.post(body) == 503
    assert [door.post(body), door.post(body)] == [200, 200]
    assert door.kept() == 2


def test_redis_may_be_away(published_world: db.Database, settings: config.Settings) -> None:
    nobody = f"redis://127.0.0.1:{sandbox_process.free_port()}"
    with opened(published_world, replace(settings, event_keys=(PUBLIC,), redis_url=nobody)) as door:
        assert door.post(batch()) == 200
        assert door.kept() == 1


def test_without_a_key_everything_is_refused_and_the_sandboxs_key_is_found_when_it_appears(
    published_world: db.Database, settings: config.Settings
) -> None:
    with opened(published_world, settings) as door:
        assert door.post(batch()) == 403
        kept = Path(settings.data_dir / "sandbox" / "event-key.pub")
        kept.parent.mkdir(parents=True)
        kept.write_text(PUBLIC)
        assert door.post(batch()) == 200


def test_the_sandboxs_key_opens_nothing_to_a_house_that_does_not_use_it(
    published_world: db.Database, settings: config.Settings
) -> None:
    kept = Path(settings.data_dir / "sandbox" / "event-key.pub")
    kept.parent.mkdir(parents=True)
    kept.write_text(PUBLIC)
    with opened(published_world, replace(settings, own_sandbox=False)) as door:
        assert door.post(batch()) == 403


def test_from_post_to_message(door: Door) -> None:
    sending.buy(door.database)
    (handed,) = sending.gated(door.database, door.settings)
    body = batch(telling.event("delivered", handed.message_id), telling.event("processed", handed.message_id))
    assert door.post(body) == 200
    with door.database.write() as session:
        assert track.apply_waiting(session, world.settings(Path("unused"), "sqlite://").secret_key()) == 2
    found = sending.message(door.database)
    assert (found.state, found.delivery) == (MessageState.accepted, Delivery.delivered)
