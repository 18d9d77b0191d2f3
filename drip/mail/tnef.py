"""winmail.dat (TNEF): the letter that Exchange packed into a file of its own, and the names of the files beside it.

Layout: a signature, then attributes of level, id, length, data and checksum; one of them holds MAPI properties.
Sources: the published formats MS-OXTNEF, MS-OXRTFCP (LZFu) and MS-OXRTFEX; nothing is trusted, all is bounded.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from drip.mail import charsets, html_text, rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
BODY, MAPI, ATTACHMENT_NAME, CODE_PAGE = 0x2800C, 0x69003, 0x18010, 0x69007
PLAIN, RTF, HTML = 0x1000, 0x1009, 0x1013
FIXED = {0x2: 2, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 2, 0x14: 8, 0x40: 8, 0x48: 16}
STRINGS = (0x1E, 0x1F, 0xD, 0x102)
MANY, NAMED = 0x1000, 0x8000
MOST = 1_000  # attributes, and properties
LARGEST = 2_000_000  # bytes of a letter


@dataclass(frozen=True)
class Letter:
    """What was packed: its text (empty if none), and what its files call themselves."""

    text: str
    file_names: tuple[str, ...]


def read(data: bytes) -> Letter | None:
    """The letter in a winmail.dat; None if the bytes are none."""
    if not data.startswith(SIGNATURE):
        return None
    page = "cp1252"
    names: list[str] = []
    texts: dict[int, str] = {}
    for kind, value in _attributes(data):
        if kind == CODE_PAGE and len(value) >= 4:
            page = f"cp{struct.unpack_from('<I', value)[0]}"
        elif kind == ATTACHMENT_NAME:
            names.append(charsets.text(value.rstrip(b"\0"), page))
        elif kind == BODY:
            texts.setdefault(PLAIN, charsets.text(value[:LARGEST].rstrip(b"\0"), page))
        elif kind == MAPI:
            texts.update({which: text for which, text in _letters(value, page) if text.strip()})
    best = next((texts[which] for which in (PLAIN, HTML, RTF) if texts.get(which, "").strip()), "")
    return Letter(best, tuple(names[:100]))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 6
    for _ in range(MOST):
        if place + 9 > len(data):
            return
        kind, size = struct.unpack_from("<II", data, place + 1)
        yield kind, data[place + 9 : place + 9 + size]
        place += 9 + size + 2


def _letters(data: bytes, page: str) -> Iterator[tuple[int, str]]:
    """The properties that hold a letter: as text, HTML or packed RTF."""
    for name, kind, value in _properties(data):
        if name == PLAIN:
            yield name, charsets.text(value[:LARGEST], page if kind == 0x1E else "utf-16-le")
        elif name == HTML:
            yield name, html_text.text(charsets.text(value[:LARGEST].rstrip(b"\0"), page))
        elif name == RTF:
            yield name, rtf.text(rtf.unpacked(value))


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Name, type and value of each property, up to the first that makes no sense."""
    if len(data) < 4:
        return
    place = 4
    for _ in range(min(struct.unpack_from("<I", data)[0], MOST)):
        if place + 4 > len(data):
            return
        kind, name = struct.unpack_from("<HH", data, place)
        place += 4
        if name & NAMED:
            place = _behind_its_name(data, place)
        values, place = _values(data, place, kind)
        if place < 0:
            return
        if values:
            yield name, kind & 0xFFF, values[0]


def _values(data: bytes, place: int, kind: int) -> tuple[list[bytes], int]:
    """The values of one property, and where they end; below zero if they don't."""
    is_many, kind = bool(kind & MANY), kind & 0xFFF
    count = 1
    if (is_many or kind in STRINGS) and place + 4 <= len(data):
        count = min(struct.unpack_from("<I", data, place)[0], MOST)
        place += 4
    found = []
    for _ in range(count):
        size = FIXED.get(kind, -1)
        if kind in STRINGS and place + 4 <= len(data):
            size = struct.unpack_from("<I", data, place)[0]
            place += 4
        if size < 0 or place + size > len(data):
            return [], -1
        found.append(data[place : place + size])
        place += size + (-size % 4)
    return found, place


def _behind_its_name(data: bytes, place: int) -> int:
    """A named property has an id of 16 bytes, a kind, and a number or a name of its own."""
    if place + 24 > len(data):
        return len(data)
    kind, size = struct.unpack_from("<II", data, place + 16)
    return place + 24 if kind == 0 else place + 24 + size + (-size % 4)
