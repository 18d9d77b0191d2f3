"""Bytes that claim a charset -> text, also where the claim is false."""

import codecs

# What senders write, and what they mean: the wider charset that holds the named one.
MEANT = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
SPOKEN = {
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "cp-850": "cp850",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "windows-874": "cp874",
}
# Python codecs that are no charsets: slow on hostile input, or not text at all.
NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
# So many bytes above ASCII that happen to be good UTF-8 are UTF-8, whatever the label says.
CERTAIN_BYTES = 6


def text(data: bytes, declared: str | None) -> str:
    """The best reading of `data`; never fails, holds no NUL and nothing that UTF-8 could not store."""
    return clean(_decoded(data, _codec(declared)))


def clean(value: str) -> str:
    """Without NULs and lone surrogates: databases refuse both."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _decoded(data: bytes, codec: str) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    above = 0 if data.isascii() else sum(byte > 127 for byte in data[:10_000])
    first = ["utf-8", codec] if above >= CERTAIN_BYTES else [codec, "utf-8"]
    for each in first:
        try:
            return data.decode(each)
        except (UnicodeError, ValueError, LookupError):
            continue
    return _repaired(data, codec)


def _repaired(data: bytes, codec: str) -> str:
    """Broken UTF-8 is most often a Windows mail that says nothing of its charset, unless it is only a little broken."""
    read = data.decode(codec, "replace")
    if codec != "utf-8" or read.count("\ufffd") * 10 < sum(letter > "\x7f" for letter in read[:10_000]):
        return read
    return data.decode("cp1252", "replace")


def _codec(declared: str | None) -> str:
    name = (declared or "utf-8").strip("\"' \t").lower()[:40]
    try:
        known = codecs.lookup(SPOKEN.get(name, name)).name
    except (LookupError, ValueError):
        return "utf-8"
    return "utf-8" if known in NOT_CHARSETS or not _is_charset(known) else MEANT.get(known, known)


def _is_charset(name: str) -> bool:
    """Codecs such as zlib and rot13 turn bytes into something else than text."""
    try:
        b"".decode(name)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True
