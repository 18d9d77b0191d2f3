"""The two signing keys: made at first start, kept beside the ledger, used as the vendor does.

Signed are the timestamp's characters followed by the raw body, with ECDSA on P-256 and SHA-256 (the vendor's
Event Webhook documentation); the public key is shown as base64 DER, as in the vendor's settings.
"""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from drip.sandbox import clock

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@dataclass(frozen=True)
class Key:
    private: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> str:
        """Base64 DER, one line."""
        der = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        """The vendor's two headers over `body`, stamped with real time."""
        timestamp = str(int(clock.unix()))
        signature = self.private.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: timestamp}


def load_or_make(data_dir: Path, name: str) -> Key:
    """`<name>-key.pem` (0600), made when missing; `<name>-key.pub` beside it is written anew each time."""
    path = data_dir / f"{name}-key.pem"
    if not path.exists():
        _write(path, _pem(ec.generate_private_key(ec.SECP256R1())), mode=0o600)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} holds no elliptic curve key")
    key = Key(private)
    _write(data_dir / f"{name}-key.pub", key.public.encode(), mode=0o644)
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Appears whole or not at all: another process may be reading."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(file, "wb") as out:
        out.write(content)
    draft.rename(path)
