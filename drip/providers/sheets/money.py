"""Amounts as people write them -> plain decimals. What could be two amounts is refused."""

import re

_FRAME = re.compile(r"(?:[A-Z]{3}\s*|[$€£¥₹]\s*)?([\d.,'’\s]+?)(?:\s*[A-Z]{3}|\s*[$€£¥₹])?", re.ASCII)
_SPACES = re.compile(r"[\s'’]")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]{1,2}|\.[0-9]{4,6})?")
_GROUPED = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*(?:[.,]\d{1,2})?", re.ASCII)


def plain(text: str) -> str:
    """`$1,299.00`, `1.299,00 €`, `1 299,00` and `1299` as `1299.00` or `1299`; raises ValueError."""
    if _PLAIN.fullmatch(text):
        return text
    found = _FRAME.fullmatch(text.strip())
    number = _SPACES.sub("", found[1]) if found else ""
    if _PLAIN.fullmatch(number):
        return number
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", number):
        return number.replace(",", ".")
    if not _GROUPED.fullmatch(number):
        raise ValueError(f"{text[:40]!r} is not an amount; write it as 1299.00")
    marks = re.sub(r"\d", "", number)
    if len(marks) == 1 or (len(set(marks)) == 1 and len(number.rsplit(marks[0], 1)[1]) != 3):
        raise ValueError(f"{text[:40]!r} could be two amounts; write it as 1299.00")
    return _without_groups(number, marks)


def _without_groups(number: str, marks: str) -> str:
    if len(set(marks)) == 1:
        return number.replace(marks[0], "")
    whole, _, cents = number.rpartition(marks[-1])
    return f"{re.sub(r'[.,]', '', whole)}.{cents}"
