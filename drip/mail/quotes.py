"""What the person wrote now: a reply without its quotes, history, device lines and legal footers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drip.mail import header_blocks, history, html_text, incoming, tails

LONGEST_TEXT = 200_000
MOST_LINES = 2_000  # of 50 letters: what a hundred kilobytes hold
SHORTEST_WRAPPED = 60
SAME = 200  # letters at the start by which two readings of a mail are compared
SPACES = " \t\u00a0" + history.BIDI


class Mark(Enum):
    """What a line is."""

    text = "text"
    empty = "empty"
    quoted = "quoted"
    intro = "intro"


QUOTES = (Mark.quoted, Mark.intro)


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it came, and what it is."""

    words: str
    mark: Mark


def new_text(text: str) -> str:
    """The new words of a text mail; in doubt more rather than less. Time grows with the length only.

    Answers between quoted lines are kept together with the lines that they answer.
    """
    lines, rest = _lines(text)
    introduced = history.introductions(lines)
    written, below = _without_history(lines, introduced)
    own = _own_words(written, introduced)
    late = "" if below else tails.letter(_unquoted(rest))
    kept = f"{own}\n{late}".strip("\n")[:LONGEST_TEXT] if late.strip() else tails.letter(own)
    if kept.strip():
        return kept
    if not below:
        return "" if any(_is_quoted(line) for line in written) else text[:LONGEST_TEXT].strip()
    rest = below[header_blocks.length(below, 0) :]
    is_forward = not "".join(written).strip() and len(rest) < len(below)
    if not is_forward and not _was_answered_below(below):
        return ""
    return tails.letter(_own_words(rest))


def new_text_of(mail: incoming.Incoming) -> str:
    """The new words of a mail; where its HTML marks what is quoted, that is believed more than the look of lines."""
    plain = new_text(mail.text)
    if not mail.html:
        return plain
    page = html_text.read(mail.html, limit=LONGEST_TEXT, most=MOST_LINES)
    if not page.marked:
        return plain
    structured = new_text(page.text)
    return structured if structured.strip() and _is_shorter(structured, plain) else plain


def _is_shorter(structured: str, plain: str) -> bool:
    """The HTML found a quote that the text did not show: the same words, and then more of them."""
    short, long = _letters(structured), _letters(plain)
    return len(short) < len(long) and long.startswith(short[:SAME]) and short[-SAME // 4 :] in long


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _lines(text: str) -> tuple[list[str], list[str]]:
    """The lines that are looked at closely, and what a very long mail has below them."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    lines = plain[:LONGEST_TEXT].split("\n", MOST_LINES)
    beyond = "\n".join([*lines[MOST_LINES:], plain[LONGEST_TEXT:]])
    return [piece.rstrip() for line in lines[:MOST_LINES] for piece in history.apart(line.rstrip())], beyond.split("\n")


def _unquoted(lines: list[str]) -> str:
    """Far below nobody looks for more than `>`: what is not surely a quote may be an answer to one."""
    return "\n".join(line.rstrip() for line in lines if not _is_quoted(line)).strip("\n")


def _without_history(lines: list[str], introduced: dict[int, int]) -> tuple[list[str], list[str]]:
    """The lines above the first sign that only older mail follows, and those behind the sign's first line."""
    found = history.first(lines, introduced)
    if found is None:
        return lines, []
    start, end = found
    is_block = header_blocks.length(lines, start) > 0
    return _trimmed(lines[:start]), lines[start if is_block else end :]


def _trimmed(lines: list[str]) -> list[str]:
    """Without rulers and empty lines at the end: they belong to what followed."""
    end = len(lines)
    while end and (not lines[end - 1].strip(" -_=*>\t" + history.BIDI) or _is_ruled(lines[end - 1])):
        end -= 1
    return lines[:end]


def _is_ruled(line: str) -> bool:
    """`----- Anything -----`: above older mail, that is what a program calls it in its own language."""
    bare = line.strip()
    return bare.startswith("---") and bare.endswith("---") and len(bare.strip("- ").split()) <= 6


def _own_words(lines: list[str], introduced: dict[int, int] | None = None) -> str:
    return "\n".join(line.words for line in _own(_marked(lines, introduced))).strip("\n")


def _marked(lines: list[str], introduced: dict[int, int] | None = None) -> list[Line]:
    """Every line with what it is; lines such as "Ana wrote:" above quoted ones belong to the quote."""
    marked: list[Line] = []
    for line in lines:
        marked.append(Line(line, _mark(line, marked[-1] if marked else None)))
    quoted = history.quote_follows(lines)
    for start, length in (history.introductions(lines) if introduced is None else introduced).items():
        end = start + length
        if end > len(lines):
            continue
        is_last = not any(line.mark is not Mark.empty for line in marked[end : end + 10])
        if marked[start].mark is Mark.text and (quoted[end] or is_last):
            marked[start:end] = [Line(words, Mark.intro) for words in lines[start:end]]
    return marked


def _mark(line: str, before: Line | None) -> Mark:
    if not line.strip(SPACES):
        return Mark.empty
    if _is_quoted(line) or (before is not None and before.mark is Mark.quoted and _is_wrapped(before.words, line)):
        return Mark.quoted
    return Mark.text


def _is_quoted(line: str) -> bool:
    return line.lstrip(SPACES).startswith(">")


def _is_wrapped(quoted: str, line: str) -> bool:
    """The rest of a long quoted line, or of a link in it, that a mail program broke without a new `>`."""
    if line.lstrip(SPACES).startswith(("(http", "<http")) or _is_open_link(quoted):
        return True
    if quoted.endswith("="):  # what is left of quoted-printable
        return True
    is_open = len(quoted) >= SHORTEST_WRAPPED and not quoted.endswith((".", "?", "!", ":"))
    return is_open and len(line) < SHORTEST_WRAPPED and line[0].islower()


def _is_open_link(quoted: str) -> bool:
    start = max(quoted.rfind("(http"), quoted.rfind("<http"))
    return start >= 0 and not any(mark in quoted[start:] for mark in (")", ">", " "))


def _own(lines: list[Line]) -> list[Line]:
    """Without the quotes at the end and at the start; those between own lines stay, as what they answer."""
    between = _between(lines)
    last_quoted = _last_quoted(between)
    if last_quoted is None:
        return between
    above, below = _between(between[: last_quoted + 1]), between[last_quoted + 1 :]
    said = [line.words for line in below]
    if tails.is_footer(said):
        between = above
    elif tails.is_sign_off(said) and _last_quoted(above) is None:
        return [*above, *below]
    if _last_quoted(between) is None or not between:
        return between
    return lines[: lines.index(between[0])] + between


def _between(lines: list[Line]) -> list[Line]:
    """From the first own line to the last."""
    places = [place for place, line in enumerate(lines) if line.mark is Mark.text]
    return lines[places[0] : places[-1] + 1] if places else []


def _last_quoted(lines: list[Line]) -> int | None:
    return next((place for place in range(len(lines) - 1, -1, -1) if lines[place].mark in QUOTES), None)


def _was_answered_below(below: list[str]) -> bool:
    """Nothing above the history, but own words under lines that are quoted with `>`."""
    marks = [line.mark for line in _marked(below)]
    return Mark.quoted in marks and Mark.text in marks[marks.index(Mark.quoted) :]
