"""The block "From: ... Sent: ... To: ... Subject: ..." that mail programs put above an older mail."""

import re

from drip.mail import words

SAYS = words.tables("quoting")
FROM = frozenset(SAYS["from"])
OTHER = frozenset(SAYS["other"])
SUBJECT = frozenset(SAYS["subject"])
KNOWN = FROM | OTHER | SUBJECT
INLINE = tuple(
    f" {label}:" for label in ("date", "sent", "to", "subject", "datum", "gesendet", "an", "betreff", "enviado")
)
BLOCK = 16  # lines in which the fields must stand
LONGEST_LABEL = 40
LONGEST_VALUE = 500
AROUND = " *_>|\t\u00a0\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
TIME = re.compile(r"\d[:.h時时点시]\s?\d\d")
DIGIT = re.compile(r"\d")
YEAR = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)|\d[./-]\d\d?[./-]\d\d|[۲٢२]\d\d\d")


def labels(lines: list[str]) -> list[str | None]:
    """The label that each line starts with, if any: `*Sent:* Monday` gives `sent`; an empty line's is empty."""
    return [_label(line) if line.strip(AROUND) else "" for line in lines]


def length(lines: list[str], place: int, labelled: list[str | None] | None = None) -> int:
    """How many lines from this one on are such a block; 0 if none starts here. `labelled`: `labels` of the lines."""
    first = labelled[place] if labelled else _label(lines[place])
    if not first or (first not in KNOWN and not _is_strange(first, lines[place])):
        return 0
    if _on_one_line(lines[place]):
        return 1
    fields = _fields(lines, place, labelled or labels(lines[: place + BLOCK]))
    if not fields:
        return 0
    named = [label for _, label in fields]
    end = fields[-1][0] + 1 - place
    return end if _is_block(named, lines[place : place + end]) else 0


def _fields(lines: list[str], place: int, labelled: list[str | None]) -> list[tuple[int, str]]:
    """The lines that hold a label, up to an empty line behind the second one; a value may be broken."""
    found: list[tuple[int, str]] = []
    is_known = False
    for at in range(place, min(place + BLOCK, len(lines))):
        label = labelled[at]
        if label and (label in KNOWN or not is_known):
            is_known = is_known or label in KNOWN
            found.append((at, label))
        elif at == place or len(lines[at]) > LONGEST_VALUE or (label == "" and _ends(lines, labelled, at, found)):
            break
    return found


def _ends(lines: list[str], labelled: list[str | None], at: int, found: list[tuple[int, str]]) -> bool:
    """An empty line ends the block, unless another field that we know follows one that we know."""
    last = found[-1][0]
    is_close = len(found) >= 2 and last - found[-2][0] == 1
    if is_close or found[0][1] not in FROM or found[-1][1] not in KNOWN:
        return True
    is_spaced = at - last == 1 or (at - last == 2 and lines[last].rstrip(AROUND).endswith((":", "：")))
    return not is_spaced or next((label for label in labelled[at + 1 : at + 4] if label != ""), None) not in KNOWN


def _is_block(labels: list[str], lines: list[str]) -> bool:
    known = {label for label in labels if label in KNOWN}
    if labels[0] in KNOWN:
        if len(known) >= 3 and known & SUBJECT:
            is_dated = any("@" in line or has_date(line) for line in lines)
            return (is_dated and bool(known & FROM)) or _looks_sent(lines)
        if len(known) >= 3:
            return bool(known & FROM) and any("@" in line for line in lines)
        return len(known) == 2 and _looks_sent(lines)
    # A language that we don't know: four fields on end, the first with an address, one with a time.
    return len(lines) == len(labels) in (4, 5, 6) and _looks_sent(lines[:1], lines[:3])


def _is_strange(label: str, line: str) -> bool:
    """A label of a language that we don't know, before `Ana <ana@...>` as no person writes it of themselves."""
    return "@" in line and "<" in line and label.replace(" ", "").isalpha()


def _label(line: str) -> str | None:
    """The words before the colon: `*Sent:* Monday` gives `sent`."""
    head = line[: LONGEST_LABEL + 20]
    name, colon, _ = (head.replace("：", ":") if "：" in head else head).partition(":")
    if not colon:
        return None
    label = name.strip(AROUND).lower()
    return label if 0 < len(label) <= LONGEST_LABEL and len(label.split()) <= 4 else None


def _looks_sent(lines: list[str], dated: list[str] | None = None) -> bool:
    """An address and a time among them make the difference to "From: Paris, To: Rome"."""
    return any("@" in line for line in lines) and any(map(has_time, dated or lines))


def _on_one_line(line: str) -> bool:
    """`From: bob@buyers.example Date: Thu, 24 Mar 2016 08:07`, as some pages write it."""
    low = line[:LONGEST_VALUE].lower()
    return _label(line) in FROM and "@" in low and has_time(low) and any(label in low for label in INLINE)


def has_time(line: str) -> bool:
    """Digits, a colon or a point, two digits: 15:19 or 18.30."""
    return TIME.search(line) is not None


def has_date(line: str) -> bool:
    """Three digits at least, of any script."""
    place = 0
    for _ in range(3):
        found = DIGIT.search(line, place)
        if found is None:
            return False
        place = found.end()
    return True


def has_year(line: str) -> bool:
    """A whole date, not only a time or a day."""
    return YEAR.search(line) is not None
