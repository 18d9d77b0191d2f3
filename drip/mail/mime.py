"""Raw mail -> a tree of parts, in one pass over the bytes, within limits."""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field

from drip.errors import DripError
from drip.mail import header_values

# Limits: reference S23. A mail of a person stays far below them.
MAX_DEPTH = 20
MAX_PARTS = 200
MAX_HEADERS = 1_000
LONGEST_HEADER = 20_000
LONGEST_BOUNDARY = 200


class UnreadableMail(DripError):
    """This mail could not be read; it is kept as it came."""


@dataclass(frozen=True)
class Part:
    """One part: headers as they came (bounded), and either children or a body that is still encoded."""

    headers: tuple[tuple[str, str], ...]
    content_type: str
    parameters: dict[str, str]
    body: bytes
    children: list[Part] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first header of this name (lower case), or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def decoded(self) -> bytes:
        """The body without its transfer encoding; as much as can be saved of a broken one."""
        how = self.first("content-transfer-encoding").strip().lower()
        if how == "base64":
            return _base64(self.body)
        return binascii.a2b_qp(self.body) if how == "quoted-printable" else self.body


def read(raw: bytes) -> Part:
    """The whole mail as a tree. Raises UnreadableMail beyond the limits; time grows with the size only."""
    return _Reader(_with_plain_line_ends(raw)).mail()


def headers_of(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Only the headers at the top of a mail, such as the original's in a delivery report."""
    return _headers(_with_plain_line_ends(raw), 0)[0]


def _with_plain_line_ends(raw: bytes) -> bytes:
    plain = raw.replace(b"\r\n", b"\n")
    return plain.replace(b"\r", b"\n") if b"\r" in plain and b"\n" not in plain else plain


class _Reader:
    """Walks the bytes once; `open` holds the multiparts whose boundaries count now, outermost first."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.place = 0
        self.parts = 0
        self.header_count = 0
        self.open: list[tuple[bytes, Part]] = []

    def mail(self) -> Part:
        top = self._part()
        while self.open and self.place < len(self.raw):
            self._next_delimiter()
        return top

    def _next_delimiter(self) -> None:
        """Skip preamble or epilogue to the next line that opens or closes a part."""
        self._body()
        if self.place >= len(self.raw):
            return
        end = _line_end(self.raw, self.place)
        line = self.raw[self.place : min(end, self.place + LONGEST_BOUNDARY + 5)].rstrip()
        self.place = end + 1
        self._close_inner(line)
        if line.endswith(b"--") and line == self.open[-1][0] + b"--":
            self.open.pop()
        else:
            self.open[-1][1].children.append(self._part())

    def _close_inner(self, line: bytes) -> None:
        while line not in (self.open[-1][0], self.open[-1][0] + b"--"):
            self.open.pop()

    def _part(self) -> Part:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise UnreadableMail(f"The mail has more than {MAX_PARTS} parts.")
        headers, self.place = _headers(self.raw, self.place)
        self.header_count += len(headers)
        if self.header_count > MAX_HEADERS:
            raise UnreadableMail(f"The mail has more than {MAX_HEADERS} header lines.")
        declared = next((value for name, value in headers if name.lower() == "content-type"), "")
        content_type, parameters = header_values.parameters(declared)
        boundary = parameters.get("boundary", "").rstrip().encode("utf-8", "replace")[:LONGEST_BOUNDARY]
        if content_type.startswith("multipart/") and boundary:
            return self._multipart(Part(headers, content_type, parameters, b""), b"--" + boundary)
        return Part(headers, content_type, parameters, self._body())

    def _multipart(self, part: Part, delimiter: bytes) -> Part:
        if len(self.open) >= MAX_DEPTH:
            raise UnreadableMail(f"The mail's parts are nested more than {MAX_DEPTH} deep.")
        self.open.append((delimiter, part))
        return part

    def _body(self) -> bytes:
        """The bytes up to the next line that is a delimiter of an open multipart, or the end."""
        start = place = self.place
        known = {mark for delimiter, _ in self.open for mark in (delimiter, delimiter + b"--")}
        while known and (place := self._dashes(place)) >= 0:
            end = _line_end(self.raw, place)
            if end - place <= LONGEST_BOUNDARY + 80 and self.raw[place:end].rstrip() in known:
                self.place = place
                return self.raw[start : max(start, place - 1)]
            place = end
        self.place = len(self.raw)
        return self.raw[start:]

    def _dashes(self, place: int) -> int:
        """Where the next line that starts with two dashes starts; -1 if none does."""
        if self.raw.startswith(b"--", place) and (place == 0 or self.raw[place - 1] == 10):
            return place
        found = self.raw.find(b"\n--", place)
        return found + 1 if found >= 0 else -1


def _line_end(raw: bytes, place: int) -> int:
    found = raw.find(b"\n", place)
    return len(raw) if found < 0 else found


def _headers(raw: bytes, place: int) -> tuple[tuple[tuple[str, str], ...], int]:
    """Headers from here on, unfolded, and where the body starts; a line that is no header starts the body."""
    found: list[tuple[bytes, list[bytes]]] = []
    while place < len(raw):
        end = _line_end(raw, place)
        line = raw[place:end].rstrip(b"\r")
        if not line.strip():
            return _unfolded(found), end + 1
        name, colon, value = line[:LONGEST_HEADER].partition(b":")
        if line[:1] in b" \t" and found:
            found[-1][1].append(line[:LONGEST_HEADER])
        elif colon and name.strip() and b" " not in name.strip() and len(name) < 200:
            found.append((name.strip(), [value]))
        elif found or not line.lstrip(b">").startswith(b"From "):
            return _unfolded(found), place
        if len(found) > MAX_HEADERS:
            raise UnreadableMail(f"The mail has more than {MAX_HEADERS} header lines.")
        place = end + 1
    return _unfolded(found), place


def _unfolded(found: list[tuple[bytes, list[bytes]]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (header_values.plain(name), header_values.plain(b"".join(lines)[:LONGEST_HEADER])) for name, lines in found
    )


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = data.translate(None, b" \r\n\t=")
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""
