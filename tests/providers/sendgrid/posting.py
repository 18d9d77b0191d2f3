"""Inbound Parse posts, written as the provider does."""

import json
from io import BytesIO

CONTENT_TYPE = "multipart/form-data; boundary=xYzZY"
ENVELOPE = json.dumps({"to": ["reply+t0ken@mail.quay.example"], "from": "ana@buyers.example"}).encode()


def part(name: str, value: bytes, *, disposition: str = "", headers: str = "") -> bytes:
    """One part; `disposition` and `headers` are added as they stand."""
    head = f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"{disposition}\r\n{headers}\r\n'
    return head.encode() + value + b"\r\n"


def form(fields: dict[str, bytes], *parts: bytes) -> bytes:
    """A whole body."""
    return b"".join([*(part(name, value) for name, value in fields.items()), *parts, b"--xYzZY--\r\n"])


def attachment(number: int, value: bytes, file_name: str, content_type: str = "") -> bytes:
    """A file of a parsed form."""
    headers = f"Content-Type: {content_type}\r\n" if content_type else ""
    return part(f"attachment{number}", value, disposition=f'; filename="{file_name}"', headers=headers)


class Dribble(BytesIO):
    """A body that comes in pieces of `size` bytes."""

    def __init__(self, body: bytes, size: int) -> None:
        super().__init__(body)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(self._size, size) if size and size > 0 else self._size)
