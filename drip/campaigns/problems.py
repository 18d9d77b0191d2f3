"""What is wrong in the files that marketing writes, each with its place and a way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from drip import errors


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: file (relative to config.toml's folder), line from 1, what is wrong, what to do."""

    file: str
    line: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} {self.suggestion}".rstrip()


class ConfigError(errors.DripError):
    """Every mistake at once, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A suggestion for a word that is nearly one of the known ones."""
    choices = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    return f'Did you mean "{choices[close[0]]}"?' if close else otherwise
