"""Where in HTML a variable may stand: between tags, in a few quoted attributes, and in links of our own."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from drip.mail import grammar, variables

# Outside of text, the source is read as one string in which each variable is one of these characters.
# The grammar refuses sources that hold them, so they cannot be forged.
VARIABLE, BLOCK = "\x00", "\x01"
HIDDEN = re.compile("[\x00\x01]")
TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*(?:[:-][a-zA-Z0-9]+)*)")
TAG_END = re.compile(r"\s*/?>", re.ASCII)
# name, then a double quoted, single quoted or bare value; nothing that a browser would read another way.
ATTRIBUTE = re.compile(r"""\s*([^\s"'<>/=\x00\x01]+)(?:\s*=\s*(?:"([^"]*)"|('[^']*'|[^\s"'=<>`]+)))?""", re.ASCII)
LINKS = frozenset({"href", "src", "background", "poster", "cite", "action", "formaction", "srcset", "data"})
TEXTS = frozenset({"title", "alt", "lang", "aria-label", "aria-description"})
FIXED_LINK = re.compile(r"\s*(?:https?://|mailto:|tel:|cid:|#)", re.IGNORECASE)
# Tags that run, fetch, post or change how the rest is read.
REFUSED_TAGS = frozenset(
    {"script", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "link", "form", "input"}
    | {"button", "select", "textarea", "svg", "math", "template", "noscript", "plaintext", "xmp", "noembed"}
    | {"noframes", "audio", "video"}
)
OUR_LINK = 'Write href="{{ links.unsubscribe }}", or rep.email after mailto:, or rep.phone after tel:.'


@dataclass(frozen=True, slots=True)
class Piece:
    """One variable or other template construct: where it stands in the flattened source, and its text."""

    position: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Flat:
    """A template's source with each construct reduced to one character."""

    html: str
    pieces: list[Piece]
    line_starts: list[tuple[int, int]]

    def line(self, position: int) -> int:
        index = bisect.bisect_right(self.line_starts, (position, 1 << 60)) - 1
        start, line = self.line_starts[max(index, 0)]
        return line + self.html.count("\n", start, position)

    def inside(self, start: int, end: int) -> list[Piece]:
        first = bisect.bisect_left(self.pieces, start, key=lambda piece: piece.position)
        last = bisect.bisect_left(self.pieces, end, key=lambda piece: piece.position)
        return self.pieces[first:last]


def findings(source: str) -> list[grammar.Finding]:
    """Every variable or tag that stands where it could do harm. The source has passed the grammar."""
    return list(itertools.islice(_document(_flatten(source)), grammar.MAX_FINDINGS))


def _flatten(source: str) -> Flat:
    out: list[str] = []
    pieces: list[Piece] = []
    starts: list[tuple[int, int]] = [(0, 1)]
    size, inner = 0, ""
    for line, kind, value in grammar.tokens(source):
        if kind == "data":
            starts.append((size, line))
            out.append(value)
            size += len(value)
        elif kind in ("variable_end", "block_end", "comment_end", "raw_begin", "raw_end"):
            mark = VARIABLE if kind == "variable_end" else BLOCK
            pieces.append(Piece(size, line, inner.strip()))
            out.append(mark)
            size, inner = size + 1, ""
        elif kind not in ("variable_begin", "block_begin", "comment_begin"):
            inner += value
    return Flat("".join(out), pieces, starts)


def _document(flat: Flat) -> Iterator[grammar.Finding]:
    position = 0
    while (position := flat.html.find("<", position)) >= 0:
        if flat.html.startswith("<!", position):
            found, position = _declaration(flat, position)
        elif tag := TAG.match(flat.html, position):
            found, position = _tag(flat, tag)
        else:
            found, position = (
                [_finding(flat, position, "A bare < stands here.", "Write &lt; instead.")],
                position + 1,
            )
        yield from found


def _declaration(flat: Flat, start: int) -> tuple[list[grammar.Finding], int]:
    """A comment or <!doctype>: fixed text only."""
    ending = "-->" if flat.html.startswith("<!--", start) else ">"
    end = flat.html.find(ending, start)
    if end < 0 or "--!>" in flat.html[start:end]:
        return [_finding(flat, start, "This comment does not end.", f"End it with {ending}.")], len(flat.html)
    if HIDDEN.search(flat.html, start, end):
        return [_finding(flat, start, "A variable stands inside an HTML comment.", "Use {# ... #}.")], end
    return [], end


def _tag(flat: Flat, tag: re.Match[str]) -> tuple[list[grammar.Finding], int]:
    """The mistakes in one tag, and where to read on."""
    name = tag[1].lower()
    found: list[grammar.Finding] = []
    if name in REFUSED_TAGS:
        found.append(_finding(flat, tag.start(), f"<{name}> has no place in a mail.", "Leave it out."))
    position = tag.end()
    while not (end := TAG_END.match(flat.html, position)):
        attribute = ATTRIBUTE.match(flat.html, position)
        if attribute is None:
            return [*found, _unreadable(flat, tag.start(), position)], position + 1
        found += _attribute(flat, attribute)
        position = attribute.end()
    if name in ("style", "title") and not tag[0].startswith("</"):
        return _raw(flat, name, end.end())
    return found, end.end()


def _raw(flat: Flat, name: str, start: int) -> tuple[list[grammar.Finding], int]:
    """The inside of <style> (fixed) or <title> (no tags), which browsers do not read as HTML."""
    close = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE | re.ASCII).search(flat.html, start)
    if close is None:
        return [_finding(flat, start, f"<{name}> does not end.", f"End it with </{name}>.")], len(flat.html)
    wrong = HIDDEN if name == "style" else re.compile("<")
    if wrong.search(flat.html, start, close.start()):
        return [_finding(flat, start, f"Only plain text can stand in <{name}>.", "Leave it out.")], close.start()
    return [], close.start()


def _attribute(flat: Flat, attribute: re.Match[str]) -> list[grammar.Finding]:
    name, quoted, other = attribute[1].lower(), attribute[2], attribute[3]
    value = quoted if quoted is not None else (other or "").strip("'")
    pieces = flat.inside(attribute.start(), attribute.end())
    if name.startswith("on") or (name == "http-equiv" and value.strip().lower() == "refresh"):
        wrong: tuple[str, str] | None = (f"{name} has no place in a mail.", "Leave it out.")
    elif pieces:
        wrong = _variable(name, quoted, pieces)
    elif _is_link(name) and not FIXED_LINK.match(value):
        wrong = (f"This {name} is no link that a mail can carry.", "Begin with https://, mailto: or tel:.")
    else:
        return []
    return [_finding(flat, attribute.start(1), *wrong)] if wrong else []


def _variable(name: str, quoted: str | None, pieces: list[Piece]) -> tuple[str, str] | None:
    """What is wrong with a variable in this attribute."""
    if quoted is None:
        return "This value has no double quotes.", f'Write {name}="...".'
    if BLOCK in quoted:
        return "A tag cannot hold an if.", "Put the if around the whole tag."
    if name in TEXTS or (_is_link(name) and _is_our_link(quoted, pieces)):
        return None
    hint = OUR_LINK if _is_link(name) else "Put it between tags."
    return f"This variable cannot stand in {name}.", hint


def _is_link(name: str) -> bool:
    return name in LINKS or name.endswith(":href")


def _is_our_link(value: str, pieces: list[Piece]) -> bool:
    """The unsubscribe page as the whole value, or the rep's address or phone after its scheme."""
    if len(pieces) != 1:
        return False
    root = pieces[0].text.partition("|")[0].strip()
    if value == VARIABLE:
        return pieces[0].text in variables.in_group("links")
    fixed = value.partition(VARIABLE)[0], value.partition(VARIABLE)[2][:1]
    return (*fixed, root) in (
        ("mailto:", "", "rep.email"),
        ("mailto:", "?", "rep.email"),
        ("tel:", "", "rep.phone"),
    )


def _unreadable(flat: Flat, start: int, position: int) -> grammar.Finding:
    if flat.inside(position, position + 2):
        return _finding(flat, start, "A tag cannot hold an if or a loose variable.", "Put it around the tag.")
    return _finding(flat, start, "This tag cannot be read.", 'Write attributes as name="value", then >.')


def _finding(flat: Flat, position: int, message: str, suggestion: str) -> grammar.Finding:
    return grammar.Finding(flat.line(position), message, suggestion)
