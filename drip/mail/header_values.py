"""What stands in a header: encoded words, parameters, addresses, message ids, dates."""

import binascii
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from email import utils

from drip.mail import charsets

MAX_ADDRESSES = 500
MAX_IDS = 100
LONGEST_ADDRESS = 320
LONGEST_WORD = 1_000
LONGEST_PARAMETERS = 4_000


def plain(raw: bytes) -> str:
    """A header's bytes as text on one line; eight-bit bytes are read as UTF-8 if they are that."""
    return charsets.text(raw, None).replace("\r", " ").replace("\n", " ").strip()


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) read, also broken ones in the middle of a word; linear."""
    if "=?" not in value:
        return value
    out: list[str] = []
    place, after_word = 0, False
    while (start := value.find("=?", place)) >= 0:
        word, end = _word(value, start)
        between = value[place:start]
        if word is None:
            out.append(value[place : start + 2])
            place, after_word = start + 2, False
            continue
        if not (after_word and not between.strip()):
            out.append(between)
        out.append(word)
        place, after_word = end, True
    return charsets.clean("".join(out) + value[place:])


def _word(value: str, start: int) -> tuple[str | None, int]:
    """The encoded word that starts here and where it ends; None if it is none."""
    charset, mark, _ = value[start + 2 : start + 62].partition("?")
    coded = start + 2 + len(charset) + 3
    how = value[coded - 2 : coded].lower()
    end = value.find("?=", coded, coded + LONGEST_WORD)
    if not mark or how not in ("q?", "b?") or end < 0:
        return None, start
    data = _q(value[coded:end]) if how == "q?" else _b(value[coded:end])
    return charsets.text(data, charset.partition("*")[0]), end + 2


def _q(coded: str) -> bytes:
    return binascii.a2b_qp(coded.encode("utf-8", "replace"), header=True)


def _b(coded: str) -> bytes:
    letters = coded.encode("ascii", "ignore").rstrip(b"=")
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """`text/plain; charset=utf-8` -> the first word in lower case and its parameters (RFC 2231 ones joined)."""
    first, *rest = list(_split(value[:LONGEST_PARAMETERS], ";"))[:60] or [""]
    found: dict[str, str] = {}
    for piece in rest:
        name, equals, text = piece.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), _unquoted(text.strip()))
    return first.strip().lower().strip("'\""), _joined(found)


def _joined(found: dict[str, str]) -> dict[str, str]:
    """`name*0*`, `name*1` and `name*` become `name`; in the order of their numbers."""
    whole = {name: text for name, text in found.items() if "*" not in name}
    pieces: dict[str, list[tuple[int, str, bool]]] = {}
    for name, text in found.items():
        base, star, rest = name.partition("*")
        number = rest.rstrip("*")
        if star and (not number or (number.isascii() and number.isdigit() and len(number) < 4)):
            pieces.setdefault(base, []).append((int(number or 0), text, name.endswith("*")))
    for base, numbered in pieces.items():
        whole[base] = _continued(sorted(numbered))
    return whole


def _continued(numbered: list[tuple[int, str, bool]]) -> str:
    if not any(coded for _, _, coded in numbered):
        return "".join(text for _, text, _ in numbered)
    charset, _, rest = numbered[0][1].partition("'")
    first = (rest.partition("'")[2] if "'" in rest else numbered[0][1], numbered[0][2])
    coded = [first, *((text, is_coded) for _, text, is_coded in numbered[1:])]
    data = b"".join(urllib.parse.unquote_to_bytes(text) if is_coded else text.encode() for text, is_coded in coded)
    return charsets.text(data, charset)


def addresses(value: str) -> list[tuple[str, str]]:
    """(name, address in lower case) of each mailbox in a header; groups are flattened, at most 500."""
    found = []
    for piece in _split(value, ",;"):
        if (one := _mailbox(piece)) is not None:
            found.append(one)
        if len(found) >= MAX_ADDRESSES:
            break
    return found


def _mailbox(piece: str) -> tuple[str, str] | None:
    before, angle, rest = piece.rpartition("<")
    address = rest.partition(">")[0] if angle else _without_comments(piece)
    address = "".join(address.split()).strip("'\"").rpartition(":")[2].lower()
    if "@" not in address[1:-1] or len(address) > LONGEST_ADDRESS or not address.isprintable():
        return None
    name = before if angle else _comment(piece)
    return decoded(_unquoted(name.rpartition(":")[2].strip())).strip(" '\""), address


def _without_comments(piece: str) -> str:
    return piece.partition("(")[0]


def _comment(piece: str) -> str:
    return piece.partition("(")[2].rpartition(")")[0]


def _split(value: str, separators: str) -> Iterator[str]:
    """The pieces between separators that stand outside quotes, comments and angle brackets."""
    start, quoted, angle, escaped = 0, False, False, False
    for place, letter in enumerate(value):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif letter in "<>" and not quoted:
            angle = letter == "<"
        elif letter in separators and not quoted and not angle:
            yield value[start:place]
            start = place + 1
    yield value[start:]


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == '"':
        text = text[1:].removesuffix('"')
        return text.replace('\\"', '"').replace("\\\\", "\\")
    return text


def message_ids(value: str) -> tuple[str, ...]:
    """Ids without their angle brackets, in order, at most the last 100; a bare id counts too."""
    bracketed = [piece.partition(">")[0].strip() for piece in value.split("<")[1:] if ">" in piece]
    found = bracketed or [word for word in value.split() if "@" in word]
    return tuple("".join(one.split())[:1_000] for one in found if one)[-MAX_IDS:]


def date(value: str) -> datetime | None:
    """The instant that a Date header names, in UTC; None if it names none."""
    try:
        read = utils.parsedate_to_datetime(value[:100])
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
