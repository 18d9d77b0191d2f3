"""HTML of a mail -> text lines, with what its structure says is a quote; linear, bounded, no browser."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from drip.mail import html_tags

# A tag longer than this is text: without the limit a file of "<" would be searched again and again.
LONGEST_TAG = 5_000
MAX_OPEN = 200
MAX_LINES = 20_000
MAX_TAGS = 12_000  # looked at for what is quoted

MOST_KNOWN = 1_000  # tags that are remembered: a page has few different ones
SPACE = re.compile(r"\s+")


@dataclass
class _Page:
    """What has been written so far, and the containers that are open."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    tags: list[tuple[str, int, bool]] = field(default_factory=list)
    quoted: int = 0
    unseen: int = 0
    history: bool = False
    marked: bool = False
    quotes: bool = True
    link: tuple[str, int] | None = None
    known: dict[str, html_tags.Tag] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """Lines as a person sees them, `> ` before what the structure marks as quoted; `marked` if it marks anything."""

    text: str
    marked: bool


def text(source: str) -> str:
    """The words of an HTML mail, one block a line; links keep their target where the words don't show it."""
    return read(source, quotes=False).text


def read(source: str, quotes: bool = True, limit: int = 2_000_000, most: int = MAX_LINES) -> Page:
    """The page as lines, `most` of them; with `quotes`, quoted containers are prefixed as in a text mail."""
    page = _Page(quotes=quotes)
    tags, is_whole = 0, len(source) <= limit
    for is_tag, piece in _pieces(source[:limit]):
        tags += is_tag
        if len(page.lines) >= most or (quotes and tags > MAX_TAGS):
            is_whole = False
            break
        if is_tag:
            _tag(page, piece)
        elif piece and not page.unseen:
            page.line.append(_unescaped(piece) if "&" in piece else piece)
    # What was not read may hold words of their own, also below the quote in which reading ended.
    page.marked = page.marked and (is_whole or page.history)
    _end_line(page)
    return Page(_laid_out(page.lines, quotes), page.marked)


def _unescaped(piece: str) -> str:
    try:
        return html.unescape(piece)
    except ValueError:  # a character's number with thousands of digits
        return piece


def _pieces(source: str) -> Iterator[tuple[bool, str]]:
    """Tags (without their brackets) and the text between them; comments are left out."""
    place = 0
    last_close = source.rfind(">")
    while (start := source.find("<", place)) >= 0 and start < last_close:
        yield False, source[place:start]
        if source.startswith("<!--", start):
            end = source.find("-->", start + 4)
            place = end + 3 if end >= 0 else len(source)
            continue
        place = _tag_end(source, start)
        yield place > start + 1, source[start + 1 : place - 1] if place > start + 1 else "<"
    yield False, source[place:]


def _tag_end(source: str, start: int) -> int:
    """Just past the tag that starts here; just past its bracket if it is no tag."""
    if not source[start + 1 : start + 2].strip("/!?").isalpha() and source[start + 1 : start + 2] not in (
        "/",
        "!",
        "?",
    ):
        return start + 1
    end = start
    for _ in range(4):
        end = source.find(">", end + 1, start + LONGEST_TAG)
        if end < 0:
            return start + 1
        if source.count('"', start, end) % 2 == 0:
            return end + 1
    return end + 1


def _tag(page: _Page, piece: str) -> None:
    tag = page.known.get(piece)
    if tag is None:
        tag = html_tags.read(piece)
        if len(page.known) < MOST_KNOWN:
            page.known[piece] = tag
    if tag.closes:
        _close(page, tag)
    elif tag.name:
        _open(page, tag)


def _open(page: _Page, tag: html_tags.Tag) -> None:
    if tag.ends_line:
        _end_line(page)
    if tag.is_cell:
        page.line.append(" ")
    if tag.is_last:
        _end_line(page)
        page.history = page.marked = True
    if tag.is_quote:
        _end_line(page)
    if tag.is_container:
        _enter(page, tag)


def _enter(page: _Page, tag: html_tags.Tag) -> None:
    signature = page.quotes and tag.is_signature
    unseen = signature or tag.name in html_tags.UNSEEN
    if len(page.tags) < MAX_OPEN:
        page.tags.append((tag.name, int(tag.is_quote), unseen))
        page.quoted += tag.is_quote
        page.unseen += unseen
        page.marked = page.marked or tag.is_quote or signature
    if tag.name == "a" and page.link is None:
        page.link = tag.target, len(page.line)


def _close(page: _Page, tag: html_tags.Tag) -> None:
    if tag.name == "a" and page.link is not None:
        _end_link(page)
    if tag.ends_line:
        _end_line(page)
    if page.tags and page.tags[-1] == (tag.name, 0, False):  # what is open, and nothing special: most tags
        page.tags.pop()
        return
    for back in range(1, min(len(page.tags), 30) + 1):
        if page.tags[-back][0] == tag.name:
            if any(quote for _, quote, _ in page.tags[-back:]):
                _end_line(page)
            for _, quote, unseen in page.tags[-back:]:
                page.quoted -= quote
                page.unseen -= unseen
            del page.tags[-back:]
            return


def _end_link(page: _Page) -> None:
    target, start = page.link or ("", 0)
    page.link = None
    shown = "".join(page.line[start:]).strip()
    bare = target.removeprefix("mailto:").rstrip("/")
    if shown and target.startswith(("http://", "https://", "mailto:")) and bare.partition("://")[2] not in shown:
        page.line.append(f" <{target}>") if bare not in shown else None


def _end_line(page: _Page) -> None:
    if page.link is not None:
        page.link = page.link[0], 0
    line = SPACE.sub(" ", "".join(page.line)).strip() if page.line else ""
    page.line.clear()
    if line or (page.lines and page.lines[-1][1]):  # at most one empty line in a row
        page.lines.append((1 if page.history else min(page.quoted, 5), line))


def _laid_out(lines: list[tuple[int, str]], quotes: bool) -> str:
    """`>` before quoted lines if asked for."""
    if not quotes:
        return "\n".join(line for _, line in lines).strip()
    return "\n".join((">" * depth + " " + line).rstrip() if depth else line for depth, line in lines).strip()
