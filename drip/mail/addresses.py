"""Addresses and links that stand in our mails."""

from drip import tokens

UNSUBSCRIBE = "unsubscribe"


def unsubscribe_url(public_url: str, key: bytes, customer_id: int) -> str:
    """The plain way out: opaque, good for this purpose only, never expires (RFC 8058 asks for all three)."""
    return f"{public_url}/u/{tokens.sealed(key, UNSUBSCRIBE, customer_id)}"


def unsubscribe_customer(key: bytes, token: str) -> int | None:
    """The customer whom a token of ours stands for; None for anything else."""
    return tokens.unsealed(key, UNSUBSCRIBE, token)
