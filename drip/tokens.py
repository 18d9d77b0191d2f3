"""Opaque names: sortable ids, reply tokens, and signatures that are good for one purpose only."""

import base64
import hashlib
import hmac
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u; case does not matter in mail


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, so that new rows stay together in an index, then 80 random bits."""
    return _encode((time.time_ns() // 1_000_000 << 80) | secrets.randbits(80))


def reply_token() -> str:
    """26 characters, 128 random bits: enough that nobody guesses one (ASVS 11.5.1)."""
    return _encode(secrets.randbits(128))


def sign(key: bytes, purpose: str, text: str) -> str:
    """A 128-bit signature of `text`, worthless for any other purpose."""
    digest = hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def signed(key: bytes, purpose: str, text: str) -> str:
    """`text-signature`, to be opened with `opened`; `text` holds no dash."""
    return f"{text}-{sign(key, purpose, text)}"


def opened(key: bytes, purpose: str, token: str) -> str | None:
    """The text of a token made by `signed`, or None when it is not ours."""
    text, _, signature = token.partition("-")
    genuine = hmac.compare_digest(signature.encode(), sign(key, purpose, text).encode())
    return text if genuine else None


def fingerprint(key: bytes, address: str) -> str:
    """An HMAC of an address: recognises it again without knowing it, so that a suppression survives erasure."""
    return hmac.new(key, f"address\0{address.lower()}".encode(), hashlib.sha256).hexdigest()


def _encode(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
