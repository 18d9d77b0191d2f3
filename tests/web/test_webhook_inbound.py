"""The door for customers' answers: only signed posts come in, and what has come in is never lost."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from drip import config, db
from drip.models.customer import Hold
from drip.models.inbound import InboundMail, InboundState
from drip.models.reasons import Reason
from drip.providers.sendgrid import forms, signature
from drip.web import app as web
from tests.engine.replies import answering
from tests.engine.replies.answering import Written
from tests.providers.sendgrid import posting
from tests.web import outage
from tests.web.conftest import TestClient

PATH = "/webhooks/sendgrid/inbound"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
_DER = PRIVATE.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)  # fmt: skip
PUBLIC = base64.b64encode(_DER).decode()


@dataclass(frozen=True)
class Door:
    """The site with a key of the provider's, and a check-in that Ana got."""

    client: TestClient
    database: db.Database
    form: bytes

    def post(self, body: bytes, *, signed: bytes | None = None) -> httpx.Response:
        return self.client.post(PATH, content=body, headers=headers(body if signed is None else signed))

    def mails(self) -> Sequence[InboundMail]:
        with self.database.read() as session:
            return session.scalars(select(InboundMail)).all()


def headers(body: bytes) -> dict[str, str]:
    signed = PRIVATE.sign(b"1788253200" + body, ec.ECDSA(hashes.SHA256()))
    return {
        signature.SIGNATURE_HEADER: base64.b64encode(signed).decode(),
        signature.TIMESTAMP_HEADER: "1788253200",
        "Content-Type": posting.CONTENT_TYPE,
    }


def form(written: Written) -> bytes:
    envelope = json.dumps({"to": list(written.to), "from": written.sender}).encode()
    return posting.form({"email": answering.raw(written), "envelope": envelope, "SPF": b"pass", "dkim": b"none"})


def client(settings: config.Settings, database: db.Database) -> TestClient:
    app = web.create(settings, database)
    return TestClient(app, base_url=settings.public_url, raise_server_exceptions=False)


@pytest.fixture
def keyed(settings: config.Settings) -> config.Settings:
    return replace(settings, inbound_keys=(PUBLIC,))


@pytest.fixture
def door(published_world: db.Database, keyed: config.Settings) -> Door:
    hello = answering.asked(published_world, keyed)
    return Door(client(keyed, published_world), published_world, form(Written(to=(answering.to(hello),))))


def test_an_answer_is_stored_and_its_writer_held_before_we_say_so(door: Door) -> None:
    assert door.post(door.form).status_code == 200
    (mail,) = door.mails()
    with door.database.read() as session:
        assert session.scalars(select(Hold.reason).where(Hold.customer_id == mail.customer_id)).all() == [
            Reason.replied
        ]


def test_a_post_that_comes_again_changes_nothing(door: Door) -> None:
    assert [door.post(door.form).status_code for _ in range(3)] == [200, 200, 200]
    assert len(door.mails()) == 1
    with door.database.read() as session:
        assert len(session.scalars(select(Hold.id)).all()) == 1


@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_flipped_bit_is_refused(door: Door, place: int) -> None:
    body = bytearray(door.form)
    body[place] ^= 1
    assert door.post(bytes(body), signed=door.form).status_code == 403
    assert list(door.mails()) == []


@pytest.mark.parametrize("bit", [0, 100, -1])
def test_a_flipped_bit_in_the_signature_is_refused(door: Door, bit: int) -> None:
    given = bytearray(base64.b64decode(headers(door.form)[signature.SIGNATURE_HEADER]))
    given[bit // 8] ^= 1 << bit % 8
    wrong = headers(door.form) | {signature.SIGNATURE_HEADER: base64.b64encode(given).decode()}
    assert door.client.post(PATH, content=door.form, headers=wrong).status_code == 403
    assert list(door.mails()) == []


@pytest.mark.parametrize("missing", [(0,), (1,), (0, 1)])
def test_a_post_without_its_whole_signature_is_refused(door: Door, missing: Sequence[int]) -> None:
    names = (signature.SIGNATURE_HEADER, signature.TIMESTAMP_HEADER)
    given = headers(door.form)
    left = {name: value for name, value in given.items() if name not in [names[each] for each in missing]}
    assert door.client.post(PATH, content=door.form, headers=left).status_code == 403
    assert door.client.post(PATH, content=door.form, headers=given | {names[1]: "1788253201"}).status_code == 403
    assert list(door.mails()) == []


def test_without_a_key_everything_is_refused(
    door: Door, published_world: db.Database, settings: config.Settings
) -> None:
    stranger = client(settings, published_world)
    assert stranger.post(PATH, content=door.form, headers=headers(door.form)).status_code == 403


def test_our_own_sandboxs_key_is_known_as_soon_as_it_exists(
    door: Door, published_world: db.Database, settings: config.Settings
) -> None:
    visitor = client(settings, published_world)
    kept = Path(settings.data_dir) / "sandbox" / "inbound-key.pub"
    kept.parent.mkdir(parents=True)
    kept.write_text(PUBLIC)
    assert visitor.post(PATH, content=door.form, headers=headers(door.form)).status_code == 200
    elsewhere = client(replace(settings, own_sandbox=False), published_world)
    assert elsewhere.post(PATH, content=door.form, headers=headers(door.form)).status_code == 403


@pytest.mark.parametrize("body", [b"", b"junk", posting.form({"to": b"a"}), posting.form({"envelope": b"{}"})[:-9]])
def test_what_will_never_be_a_mail_is_taken_and_forgotten(door: Door, body: bytes) -> None:
    assert door.post(body).status_code == 200
    assert list(door.mails()) == []


def test_more_parts_than_any_mail_has_are_taken_and_forgotten(door: Door) -> None:
    fields = {f"field{number}": b"" for number in range(forms.MOST_PARTS + 1)}
    assert door.post(posting.form(fields)).status_code == 200
    assert list(door.mails()) == []


def test_a_mail_too_large_for_the_provider_is_refused_while_it_comes(door: Door) -> None:
    body = b"x" * (forms.MOST_BYTES + 1)
    answer = door.client.post(PATH, content=(body[:1_000_000] for _ in range(37)), headers=headers(b""))
    assert answer.status_code == 413


def test_a_large_mail_comes_in_whole(door: Door) -> None:
    written = Written("A long story. " * 200_000, to=("rita@mail.quay.example",))
    assert door.post(form(written)).status_code == 200
    with door.database.read() as session:
        assert session.scalars(select(InboundMail.raw)).one() == answering.raw(written)


def test_a_mail_with_bytes_of_any_charset_comes_in(door: Door) -> None:
    raw = b"From: ana@buyers.example\r\nSubject: \xe9\xff\x00\r\n\r\n\xff\xfe"
    assert (
        door.post(
            posting.form({"email": raw, "envelope": b'{"to":["x\\u0000@y.example"],"from":"\\ud800"}'})
        ).status_code
        == 200
    )
    assert len(door.mails()) == 1


def test_with_the_database_away_the_provider_is_asked_to_come_again_and_nothing_is_lost(
    door: Door, request: pytest.FixtureRequest
) -> None:
    server = "" if door.database.is_sqlite else request.getfixturevalue("postgresql_server")
    with outage.of(door.database, server, "inbound_mails"):
        assert door.post(door.form).status_code == 503
    assert [door.post(door.form).status_code for _ in range(2)] == [200, 200]
    (mail,) = door.mails()
    assert answering.holds(door.database) == {Reason.replied: None}
    assert mail.state is InboundState.stored


def test_what_fails_half_way_is_not_stored_by_half(door: Door) -> None:
    """The mail and its writer's hold are one: without the table of holds the mail is not there either."""
    with outage.renamed(door.database, "holds"):
        assert door.post(door.form).status_code == 503
        assert list(door.mails()) == []
    assert door.post(door.form).status_code == 200
    assert len(door.mails()) == 1


def test_with_redis_away_the_answer_is_stored_all_the_same(door: Door, keyed: config.Settings) -> None:
    deaf = client(replace(keyed, redis_url="redis://127.0.0.1:1/0"), door.database)
    assert deaf.post(PATH, content=door.form, headers=headers(door.form)).status_code == 200
    assert len(door.mails()) == 1
