"""A small language for wordings: plain enough for tables, and compiled so that it cannot blow up.

`word` matches itself, `word*` what starts so, `a/b` either (`a~c/b` with two words
in one choice), `_` up to four words in between.
"""

import re
from collections.abc import Iterable

GAP = r"(?:\s+\S+){0,4}?"
APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " "})


def compiled(*tables: Iterable[str]) -> re.Pattern[str]:
    """One pattern of all lines of the tables. Gaps are bounded and never nested, so the time stays linear."""
    lines = {line for table in tables for line in table}
    longest_first = sorted(lines, key=lambda line: (-len(line), line))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_line, longest_first))})(?!\w)")


def _line(line: str) -> str:
    out = ""
    for word in line.split():
        if word == "_":
            out += GAP
            continue
        out += (r"\s+" if out else "") + _word(word)
    return out


def _word(word: str) -> str:
    forms = [_form(form) for form in word.split("/")]
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def _form(form: str) -> str:
    words = (re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in form.split("~"))
    return r"\s+".join(words)


def plain(text: str) -> str:
    """Lower case, one kind of apostrophe, single spaces."""
    return " ".join(text.translate(APOSTROPHES).lower().split())


def found(pattern: re.Pattern[str], clauses: Iterable[str]) -> list[str]:
    """What a pattern finds, in order."""
    return [match.group() for clause in clauses for match in pattern.finditer(clause)]
