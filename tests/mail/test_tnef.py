"""A letter that Exchange packed into winmail.dat is read."""

import base64
import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from drip.mail import incoming, rtf, tnef


def attribute(kind: int, value: bytes) -> bytes:
    return b"\x01" + struct.pack("<II", kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def string(name: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def winmail(*attributes: bytes) -> bytes:
    return tnef.SIGNATURE + b"\x01\x00" + b"".join(attributes)


def properties(*values: bytes) -> bytes:
    return attribute(tnef.MAPI, struct.pack("<I", len(values)) + b"".join(values))


def packed(text: bytes) -> bytes:
    """Rich text packed with literals only, which is allowed, and an end mark."""
    body = b"".join(b"\x00" + text[place : place + 8] for place in range(0, len(text), 8))
    return struct.pack("<III", len(body) + 12, len(text), 0x75465A4C) + b"\0\0\0\0" + body


def mail(data: bytes, beside: str = "") -> incoming.Incoming:
    head = "Content-Type: multipart/mixed; boundary=b\n\n"
    text = f"--b\nContent-Type: text/plain\n\n{beside}\n" if beside else ""
    file = "--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return incoming.parse(f"{head}{text}{file}{base64.encodebytes(data).decode()}--b--\n".encode())


def test_the_text_in_a_winmail_dat_is_the_mail_s_text() -> None:
    assert mail(winmail(attribute(tnef.BODY, b"The door squeaks.\0"))).text == "The door squeaks."


def test_the_text_beside_a_winmail_dat_comes_first() -> None:
    assert (
        mail(winmail(attribute(tnef.BODY, b"packed")), beside="The door squeaks.").text.strip() == "The door squeaks."
    )


def test_unicode_html_and_rich_text_are_read() -> None:
    unicode = string(tnef.PLAIN, 0x1F, "Die Tür quietscht.\0".encode("utf-16-le"))
    assert mail(winmail(properties(unicode))).text == "Die Tür quietscht."
    html = string(tnef.HTML, 0x102, b"<p>The door</p><p>squeaks.</p>")
    assert mail(winmail(properties(string(0x1A, 0x1E, b"IPM.Note\0"), html))).text.split() == [
        "The",
        "door",
        "squeaks.",
    ]
    rich = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Die T\'fcr \u8364 ?\par quietscht.}"
    assert mail(winmail(properties(string(tnef.RTF, 0x102, packed(rich))))).text == "Die Tür €\nquietscht."


def test_html_inside_of_rich_text_shows_its_words_only() -> None:
    head, tail = (
        rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 ",
        rb"\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}",
    )
    rich = head + b"The door" + tail
    assert rtf.text(rich) == "The door"


def test_a_back_reference_repeats_what_was_written() -> None:
    body = bytes([0b00001000]) + b"abc" + struct.pack(">H", (len(rtf.PRESET) << 4) | 4)
    data = struct.pack("<III", len(body) + 12, 9, 0x75465A4C) + b"\0\0\0\0" + body
    assert rtf.unpacked(data) == b"abcabcabc"


def test_the_packed_files_are_named() -> None:
    letter = tnef.read(winmail(attribute(tnef.ATTACHMENT_NAME, b"photo.jpg\0")))
    assert letter == tnef.Letter("", ("photo.jpg",))


@given(st.binary(max_size=400), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_not_but_never_crash(data: bytes, count: int) -> None:
    bare, packed = tnef.SIGNATURE + data, winmail(attribute(tnef.MAPI, struct.pack("<I", count) + data))
    assert all(isinstance(tnef.read(each), tnef.Letter | None) for each in (bare, packed))
    assert all(isinstance(rtf.text(each), str) for each in (rtf.unpacked(data), b"{\\rtf1 " + data))
