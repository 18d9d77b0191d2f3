"""One tag of HTML: what it is, and what mail programs mean by it. Pure, and each letter is looked at once."""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from drip.mail import words

LONGEST_LINK = 300
MOST_ATTRIBUTES = 40
MOST_NAMES = 20
NO_NAMES: frozenset[str] = frozenset()
MARKS = words.tables("html_marks")
BLOCKS, VOID, UNSEEN = frozenset(MARKS["blocks"]), frozenset(MARKS["void"]), frozenset(MARKS["unseen"])
QUOTES, LAST_MARKS, SIGNATURES = (frozenset(MARKS[table]) for table in ("quotes", "last", "signatures"))
# Outlook says nothing but draws a grey line above the block "From: ... Sent: ...".
OUTLOOK_LINE = re.compile(r"border-top:\s?solid\s#?(?:e1e1e1|b5c4df)\s1(?:\.0)?pt")
SPACE = re.compile(r"\s+")
# What mail programs put before the names of others when they quote their HTML.
PREFIX = re.compile(r"^(?:x_|ecx|gmail-|ydp[0-9a-f]{6,8}|m_-?\d{5,20})")


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tag is, in whatever page it stands; without a name it is none."""

    name: str
    closes: bool = False
    ends_line: bool = False
    is_cell: bool = False
    is_last: bool = False
    is_quote: bool = False
    is_signature: bool = False
    is_container: bool = False
    target: str = ""


def read(piece: str) -> Tag:
    """A tag without its brackets."""
    name = piece[:40].lstrip("/").split(None, 1)[0].rstrip("/").lower() if piece.strip("/ ") else ""
    if piece.startswith("/"):
        return Tag(name, closes=True, ends_line=name in BLOCKS)
    if not name.isalnum() and ":" not in name:
        return Tag("")
    attributes = _attributes(piece) if "=" in piece else {}
    names = _names(attributes) if attributes else NO_NAMES
    return Tag(
        name,
        ends_line=name == "br" or name in BLOCKS,
        is_cell=name in ("td", "th"),
        is_last=bool(attributes) and _is_last(attributes, names),
        is_quote=_is_quote(name, attributes, names),
        is_signature=not SIGNATURES.isdisjoint(names),
        is_container=name not in VOID and not piece.endswith("/"),
        target=attributes.get("href", "")[:LONGEST_LINK] if name == "a" else "",
    )


def _is_last(attributes: dict[str, str], names: AbstractSet[str]) -> bool:
    """Below it nothing new is written."""
    return bool(names & LAST_MARKS or OUTLOOK_LINE.search(attributes.get("style", "").lower()[:500]))


def _attributes(piece: str) -> dict[str, str]:
    """The attributes of a tag; each letter is looked at once."""
    found: dict[str, str] = {}
    place = 0
    while (equals := piece.find("=", place)) >= 0 and len(found) < MOST_ATTRIBUTES:
        name = piece[place:equals].split()[-1:]
        start = equals + 1
        while piece[start : start + 1].isspace():
            start += 1
        mark = piece[start : start + 1]
        if mark and mark in "\"'":
            end = piece.find(mark, start + 1)
            start += 1
        else:
            space = SPACE.search(piece, start)
            end = space.start() if space else -1
        place = len(piece) if end < 0 else end + 1
        if name:
            found.setdefault(name[0].lower(), piece[start : end if end >= 0 else len(piece)])
    return found


def _names(attributes: dict[str, str]) -> set[str]:
    """What the tag is called: id, classes, name and marker, without the prefixes of programs that quoted it before."""
    said = " ".join(attributes.get(key, "")[:500] for key in ("id", "class", "name", "data-marker")).lower()
    return {PREFIX.sub("", PREFIX.sub("", one)) for one in said.split()[:MOST_NAMES]}


def _is_quote(name: str, attributes: dict[str, str], names: AbstractSet[str]) -> bool:
    if names and not names.isdisjoint(QUOTES):
        return True
    if name != "blockquote" or not attributes:
        return False
    is_named = bool(attributes.get("class") or attributes.get("id"))
    is_cite = attributes.get("type", "").lower() == "cite" or "cite" in attributes
    return is_cite or is_named or "border-left" in attributes.get("style", "").lower()
