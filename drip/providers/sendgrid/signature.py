"""Is this post the provider's? ECDSA over its timestamp and its untouched body."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
CHUNK_BYTES = 64 * 1024
_ALGORITHM = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


def verify(keys: Sequence[str], signature: str | None, timestamp: str | None, raw: bytes | BinaryIO) -> bool:
    """Whether one of `keys` (base64 DER, P-256) signed the timestamp's characters and then `raw`; junk is False.

    `raw` is the body as it came, or a file read from where it stands. The provider repeats posts for a day and
    documents no age limit, so an old timestamp is no fault: a repeated post must change nothing anyway.
    """
    given = _decoded(signature or "")
    if not (given and timestamp and keys):
        return False
    digest = _digest(timestamp, raw)
    return any(_signed(key, given, digest) for key in keys)


def is_key(text: str) -> bool:
    """Whether `text` is a public key that `verify` can use, for whoever reads the settings."""
    return _key(text) is not None


def _signed(key: str, signature: bytes, digest: bytes) -> bool:
    public = _key(key)
    if public is None:
        return False
    try:
        public.verify(signature, digest, _ALGORITHM)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _key(text: str) -> ec.EllipticCurvePublicKey | None:
    try:
        key = serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    return None


def _decoded(signature: str) -> bytes | None:
    """Base64 in its one canonical spelling: Python would ignore a bit flipped in the last character's padding."""
    try:
        decoded = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == signature else None


def _digest(timestamp: str, raw: bytes | BinaryIO) -> bytes:
    digest = hashlib.sha256(timestamp.encode("utf-8", "surrogatepass"))
    if isinstance(raw, bytes):
        digest.update(raw)
        return digest.digest()
    while chunk := raw.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.digest()
