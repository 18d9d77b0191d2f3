"""A multipart form read as it comes, within limits; values stay bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from python_multipart import exceptions, multipart

from drip.providers.sendgrid import posts

MOST_BYTES = 35 * 1024 * 1024  # the provider stops at 30 MB
MOST_PARTS = 50
MOST_HEADER_BYTES = 8 * 1024  # of one part, names and values together
MOST_TABLE_BYTES = 512 * 1024  # of a field that holds JSON
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One field or file; `file_name` is empty for a field."""

    name: str
    value: bytes
    file_name: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Parts by name; of two with the same name, the first."""

    parts: Mapping[str, Part]

    def value(self, name: str) -> bytes:
        """A field's bytes; of a missing one, none."""
        part = self.parts.get(name)
        return part.value if part else b""

    def line(self, name: str, longest: int) -> str:
        """A field in UTF-8 as one printable line."""
        return posts.line(self.value(name).decode("utf-8", "replace"), longest)

    def table(self, name: str) -> dict[str, object]:
        """A field that holds a JSON object; of anything else, nothing."""
        value = self.value(name)
        try:
            return posts.table(posts.read_json(value)) if len(value) <= MOST_TABLE_BYTES else {}
        except posts.UnreadablePost:
            return {}


def read(content_type: str, body: BinaryIO | bytes) -> Form:
    """Reads `body` from where it stands; raises posts.UnreadablePost, and posts.TooLarge beyond the limits above."""
    stream = BytesIO(body) if isinstance(body, bytes) else body
    reader = _Reader(_boundary(content_type))
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > MOST_BYTES:
            raise posts.TooLarge(f"A form of more than {MOST_BYTES} bytes.")
        reader.write(chunk)
    return reader.form()


def options(header: bytes) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=x` as its word and its parameters, in UTF-8 where it is that."""
    word, parameters = multipart.parse_options_header(header)
    return _text(word), {_text(name): _text(value) for name, value in parameters.items()}


def _boundary(content_type: str) -> str:
    try:
        word, parameters = options(content_type.encode("latin-1"))
    except UnicodeEncodeError:
        word, parameters = "", {}
    if word != "multipart/form-data" or not parameters.get("boundary"):
        raise posts.UnreadablePost("A form needs the content type multipart/form-data and a boundary.")
    return parameters["boundary"]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


class _Reader:
    """Takes the parser's callbacks: header names and values come in pieces, as does the data."""

    def __init__(self, boundary: str) -> None:
        self._parts: dict[str, Part] = {}
        self._count = 0
        self._is_whole = False
        self._clear()
        callbacks: multipart.MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._whole,
        }
        try:
            self._parser = multipart.MultipartParser(boundary.encode(), callbacks, max_header_size=MOST_HEADER_BYTES)
        except exceptions.FormParserError as trouble:
            raise posts.UnreadablePost(f"Not a boundary: {trouble}.") from trouble

    def write(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except exceptions.FormParserError as trouble:
            raise posts.UnreadablePost(f"This is no form: {trouble}.") from trouble

    def form(self) -> Form:
        """Only a whole one: the parser itself would be content with half."""
        if not self._is_whole:
            raise posts.UnreadablePost("The form ends before its last boundary.")
        return Form(self._parts)

    def _clear(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._header_bytes = 0
        self._field, self._text, self._value = bytearray(), bytearray(), bytearray()

    def _begin(self) -> None:
        self._clear()
        self._count += 1
        if self._count > MOST_PARTS:
            raise posts.TooLarge(f"A form of more than {MOST_PARTS} parts.")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._text += data[start:end]

    def _header_end(self) -> None:
        self._headers[bytes(self._field).strip().lower()] = bytes(self._text)
        self._field, self._text = bytearray(), bytearray()

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MOST_HEADER_BYTES:
            raise posts.TooLarge(f"A part with more than {MOST_HEADER_BYTES} bytes of headers.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end(self) -> None:
        _, about = options(self._headers.get(b"content-disposition", b""))
        content_type = _text(self._headers.get(b"content-type", b""))
        if name := about.get("name"):
            part = Part(name, bytes(self._value), about.get("filename", ""), content_type)
            self._parts.setdefault(name, part)
        self._clear()

    def _whole(self) -> None:
        self._is_whole = True
