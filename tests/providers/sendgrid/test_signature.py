"""Only what the provider signed is the provider's, to the last bit."""

import base64
from io import BytesIO

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from drip.providers.sendgrid import signature
from drip.sandbox import signing
from tests.providers.sendgrid import corpus

CASE = "case".format  # keys and stamps differ from process to process; the names of cases must not
KEY = signing.Key(ec.derive_private_key(20_260_901, ec.SECP256R1()))
OTHER_KEY = signing.Key(ec.derive_private_key(20_260_902, ec.SECP256R1()))
BODY = b'[{"event":"delivered","email":"ana@buyers.example","smtp-id":"\xff"}]\r\n'
HEADERS = KEY.headers(BODY)
SIGNED, STAMP = HEADERS[signature.SIGNATURE_HEADER], HEADERS[signature.TIMESTAMP_HEADER]


def flipped(raw: bytes, bit: int) -> bytes:
    place, mask = bit // 8 % len(raw), 1 << bit % 8
    return raw[:place] + bytes([raw[place] ^ mask]) + raw[place + 1 :]


def curve_key(curve: ec.EllipticCurve) -> str:
    der = ec.derive_private_key(7, curve).public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    return base64.b64encode(der).decode()


def test_a_signed_post_is_genuine() -> None:
    assert signature.verify([KEY.public], SIGNED, STAMP, BODY)


def test_a_post_is_read_from_a_file_too() -> None:
    large = BODY * 5_000
    headers = KEY.headers(large)
    given = (headers[signature.SIGNATURE_HEADER], headers[signature.TIMESTAMP_HEADER])
    assert signature.verify([KEY.public], *given, BytesIO(large))
    assert not signature.verify([KEY.public], *given, BytesIO(large[:-1]))


def test_during_rotation_either_key_will_do() -> None:
    assert signature.verify([OTHER_KEY.public, KEY.public], SIGNED, STAMP, BODY)
    assert signature.verify(["junk", "", f"  {KEY.public[:40]}\n{KEY.public[40:]} "], SIGNED, STAMP, BODY)


def test_without_a_key_nothing_is_genuine() -> None:
    assert not signature.verify([], SIGNED, STAMP, BODY)
    assert not signature.verify([OTHER_KEY.public], SIGNED, STAMP, BODY)


def test_one_flipped_bit_of_the_body_is_noticed() -> None:
    bodies = [flipped(BODY, bit) for bit in range(len(BODY) * 8)]
    assert not any(signature.verify([KEY.public], SIGNED, STAMP, body) for body in bodies)


def test_one_flipped_bit_of_the_signature_is_noticed() -> None:
    spelt = [flipped(SIGNED.encode(), bit).decode("latin-1") for bit in range(len(SIGNED) * 8)]
    decoded = [base64.b64encode(flipped(base64.b64decode(SIGNED), bit)).decode() for bit in range(70 * 8)]
    assert not any(signature.verify([KEY.public], text, STAMP, BODY) for text in spelt + decoded)


def test_a_signature_has_one_spelling_only() -> None:
    """Most signatures end in padding, whose unused bits Python's decoder ignores."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for body in (bytes([number]) for number in range(12)):
        headers = KEY.headers(body)
        given_signature, stamp = headers[signature.SIGNATURE_HEADER], headers[signature.TIMESTAMP_HEADER]
        stem = given_signature.rstrip("=")
        others = {stem[:-1] + last + given_signature[len(stem) :] for last in alphabet} - {given_signature}
        assert not any(signature.verify([KEY.public], other, stamp, body) for other in others)


@pytest.mark.parametrize("stamp", [None, "", "0", STAMP + "0", STAMP[:-1], f" {STAMP}", "\udcff", "é"], ids=CASE)
def test_another_timestamp_is_noticed(stamp: str | None) -> None:
    assert not signature.verify([KEY.public], SIGNED, stamp, BODY)


@pytest.mark.parametrize(
    "given_signature", [None, "", "=", "é", "AAAA", "MAYCAQACAQA=", SIGNED + "\n", SIGNED * 50], ids=CASE
)
def test_a_missing_or_broken_signature_is_not_genuine(given_signature: str | None) -> None:
    assert not signature.verify([KEY.public], given_signature, STAMP, BODY)


@given(st.binary(max_size=90).map(lambda raw: base64.b64encode(raw).decode()) | st.text(), st.text(), st.text())
def test_junk_never_raises(given_signature: str, stamp: str, key: str) -> None:
    assert not signature.verify([key, KEY.public], given_signature, stamp, BODY)


@pytest.mark.parametrize(
    "key", ["", "junk", "é", KEY.public[:-8], curve_key(ec.SECP384R1()), curve_key(ec.SECP256K1())], ids=CASE
)
def test_a_key_that_is_none_can_be_told(key: str) -> None:
    assert not signature.is_key(key)
    assert signature.is_key(KEY.public)


@pytest.mark.parametrize("name", corpus.files("events/signature_vector.json"), ids=CASE)
def test_the_provider_s_own_example_is_genuine(name: str) -> None:
    vector = corpus.table(name)
    raw = corpus.content("events/signature_payload.bin")
    given = ([vector["public_key"]], vector["signature"], vector["timestamp"])
    assert signature.verify(*given, raw)
    assert not signature.verify(*given, raw.rstrip())
