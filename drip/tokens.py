"""Opaque names: sortable ids, reply tokens, and signatures that are good for one purpose only."""

import base64
import functools
import hashlib
import hmac
import secrets
import threading
import time

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u; case does not matter in mail
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, so that new rows stay together in an index, then 80 random bits."""
    return new_ids(1)[0]


def new_ids(number: int) -> list[str]:
    """Many of one millisecond, each in a third of the time."""
    now, dice = _encode(time.time_ns() // 1_000_000 << 80)[:10], secrets.token_bytes(10 * number)
    return [now + _encode(int.from_bytes(dice[at : at + 10]), 16) for at in range(0, len(dice), 10)]


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


def sealed(key: bytes, purpose: str, number: int) -> str:
    """26 characters that hide a number below 2^64 and are worthless for any other purpose: one AES block that holds it
    and 64 zero bits, so that an invented token opens as somebody's number once in 2^64 tries at most."""
    return _encode(int.from_bytes(_encryptor(key, purpose, threading.get_ident()).update(number.to_bytes(16))))


def unsealed(key: bytes, purpose: str, token: str) -> int | None:
    """The number of a token made by `sealed`, or None when it is not ours."""
    number = _decode(token)
    if number is None:
        return None
    cipher = _block(key, purpose).decryptor()
    block = cipher.update(number.to_bytes(16)) + cipher.finalize()
    return int.from_bytes(block[8:]) if block[:8] == bytes(8) else None


def fingerprint(key: bytes, address: str) -> str:
    """An HMAC of an address: recognises it again without knowing it, so that a suppression survives erasure."""
    return hmac.digest(key, f"address\0{address.lower()}".encode(), "sha256").hex()


@functools.lru_cache(maxsize=8)
def _block(key: bytes, purpose: str) -> Cipher[modes.ECB]:
    """A permutation of single blocks: ECB's weakness, equal blocks in one text, cannot arise where there is one."""
    own = hmac.new(key, f"sealed\0{purpose}".encode(), hashlib.sha256).digest()
    return Cipher(algorithms.AES256(own), modes.ECB())  # noqa: S305


@functools.lru_cache(maxsize=64)
def _encryptor(key: bytes, purpose: str, _thread: int) -> CipherContext:
    """Each block stands for itself, so one context serves them all; making one takes longer than the block. Not two
    threads at once: each has its own."""
    return _block(key, purpose).encryptor()


def _decode(token: str) -> int | None:
    """What `_encode` made, spelt exactly so; None for anything else."""
    if len(token) != 26 or not set(token) <= set(_ALPHABET):
        return None
    number = 0
    for letter in token:
        number = number << 5 | _ALPHABET.index(letter)
    return number if number < 2**128 else None


def _encode(number: int, letters: int = 26) -> str:
    """Letters of 5 bits, two at a time."""
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(5 * letters - 10, -1, -10)])
