"""Rich text, as Outlook packs it into winmail.dat -> plain text."""

import re
import struct

from drip.mail import charsets

# What every packed text is thought to begin with (MS-OXRTFCP 2.1.2.1).
PRESET = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
RING = 4096
LARGEST = 2_000_000
# A control word with its number, a letter by its number, a mark, a bracket, or text.
TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)", re.IGNORECASE)
LINES = (b"par", b"line", b"row", b"sect")
# Groups that hold no text of the letter.
HIDDEN = frozenset(
    [b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"footer", b"htmltag", b"mhtmltag", b"object"]
)
MOST_TOKENS = 500_000
DEEPEST = 200


def unpacked(data: bytes) -> bytes:
    """Packed RTF (LZFu) as it was; what can be saved of a broken one."""
    if len(data) < 16:
        return b""
    _, size, kind = struct.unpack_from("<III", data)
    if kind == 0x414C454D:  # MELA: not packed
        return data[16 : 16 + size][:LARGEST]
    ring = bytearray(PRESET.ljust(RING, b"\0"))
    write, place = len(PRESET), 16
    out = bytearray()
    while place < len(data) and len(out) < min(size, LARGEST):
        flags, place = data[place], place + 1
        for bit in range(8):
            if flags >> bit & 1:
                if place + 2 > len(data):
                    return bytes(out)
                pair = data[place] << 8 | data[place + 1]
                place += 2
                start, length = pair >> 4, (pair & 15) + 2
                if start == write % RING:
                    return bytes(out)
                for step in range(length):
                    letter = ring[(start + step) % RING]
                    ring[write % RING] = letter
                    write += 1
                    out.append(letter)
            elif place < len(data):
                ring[write % RING] = data[place]
                write += 1
                out.append(data[place])
                place += 1
    return bytes(out[:LARGEST])


class _Reader:
    """What has been read so far; `hidden` counts the open groups that hold no text."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.bytes = bytearray()
        self.page = "cp1252"
        self.depth = 0
        self.hidden_from = 0
        self.is_rtf_only = False
        self.skip = 0

    def shows(self) -> bool:
        return not self.hidden_from and not self.is_rtf_only

    def flush(self) -> None:
        if self.bytes:
            self.out.append(charsets.text(bytes(self.bytes), self.page))
            self.bytes.clear()

    def write(self, text: str) -> None:
        self.flush()
        if self.shows():
            self.out.append(text)


def text(data: bytes) -> str:
    """The words of a rich text, one paragraph a line; linear, never fails."""
    reader = _Reader()
    for number, token in enumerate(TOKEN.finditer(data[:LARGEST])):
        if number >= MOST_TOKENS:
            break
        word, value, coded, mark, bracket, plain = token.groups()
        if bracket:
            _bracket(reader, bracket)
        elif word:
            _word(reader, word.lower(), int(value) if value else None)
        elif coded or plain:
            _letters(reader, bytes.fromhex(coded.decode()) if coded else plain)
        elif mark in (b"\\", b"{", b"}"):
            _letters(reader, mark)
        elif mark == b"*" and not reader.hidden_from:
            reader.hidden_from = reader.depth
        elif mark == b"~":
            reader.write("\u00a0")
    reader.flush()
    return "".join(reader.out).strip()


def _bracket(reader: _Reader, bracket: bytes) -> None:
    reader.flush()
    if bracket == b"{":
        reader.depth += 1
        return
    if reader.hidden_from and reader.depth <= reader.hidden_from:
        reader.hidden_from = 0
    reader.depth = max(0, reader.depth - 1)


def _word(reader: _Reader, word: bytes, value: int | None) -> None:
    if word == b"htmlrtf":
        reader.flush()
        reader.is_rtf_only = value != 0
    elif word in HIDDEN and not reader.hidden_from:
        reader.flush()
        reader.hidden_from = max(reader.depth, 1)
    elif word in LINES:
        reader.write("\n")
    elif word == b"tab":
        reader.write("\t")
    elif word == b"ansicpg" and value:
        reader.page = f"cp{value}"
    elif word == b"u" and value is not None:
        number = value % 65_536
        reader.write(chr(number) if not 0xD800 <= number < 0xE000 else "\ufffd")
        reader.skip = 1


def _letters(reader: _Reader, letters: bytes) -> None:
    """What follows a letter by its number is for programs that don't know it."""
    if reader.skip:
        letters, reader.skip = letters[1:], 0
    if reader.shows():
        reader.bytes += letters
