"""On which line of a TOML text each key stands; the text has been read by tomllib, so it is well formed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
SCALAR = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|[^,\]}\n#]*",
    re.DOTALL,
)


def find(text: str) -> dict[Path, int]:
    """Line, from 1, of every table, key, array element and inline key, by its path.

    `("campaigns", "first-year", "steps", 2, "day")` is the `day` of the third step.
    """
    reader = _Reader(text.replace("\r\n", "\n"))
    reader.document()
    return reader.lines


def nearest(lines: Mapping[Path, int], path: Path) -> int:
    """The line of a path, or of the closest table around it; 1 if there is none."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Reader:
    """A place in the text, and what has been seen before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.last_index: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self.more():
            if self.sees("[["):
                table = self.next_element()
            elif self.sees("["):
                table = self.table()
            else:
                self.pair(table)

    def next_element(self) -> Path:
        line, keys = self.line(), self.keys(2)
        self.at += 2
        base = (*self.resolve(keys[:-1]), keys[-1])
        self.last_index[base] = self.last_index.get(base, -1) + 1
        self.note(base, line)
        return self.note((*base, self.last_index[base]), line)

    def table(self) -> Path:
        line, keys = self.line(), self.keys(1)
        self.at += 1
        return self.note(self.resolve(keys), line)

    def pair(self, table: Path) -> None:
        line, keys = self.line(), self.keys(0)
        self.at += 1
        self.value(self.note((*table, *keys), line))

    def value(self, path: Path) -> None:
        self.more()
        if self.sees("["):
            self.array(path)
        elif self.sees("{"):
            self.inline(path)
        else:
            self.take(SCALAR)

    def array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self.more() and not self.sees("]"):
            self.value(self.note((*path, index), self.line()))
            self.separator()
            index += 1
        self.at += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while self.more() and not self.sees("}"):
            self.pair(path)
            self.separator()
        self.at += 1

    def separator(self) -> None:
        self.more()
        self.at += 1 if self.sees(",") else 0

    def keys(self, skip: int) -> list[str]:
        """The parts of a dotted key; leaves the place at what follows."""
        self.at += skip
        found = [_unquoted(self.take(KEY).strip(" \t"))]
        while self.sees("."):
            self.at += 1
            found.append(_unquoted(self.take(KEY).strip(" \t")))
        return found

    def resolve(self, keys: list[str]) -> Path:
        """A header names an array of tables without index: its last element is meant."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.last_index:
                path = (*path, self.last_index[path])
        return path

    def note(self, path: Path, line: int) -> Path:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], line)
        return path

    def more(self) -> bool:
        """Passes over space and comments; whether anything follows."""
        self.take(BLANK)
        return self.at < len(self.text)

    def sees(self, start: str) -> bool:
        return self.text.startswith(start, self.at)

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(f"This is no TOML from line {self.line()} on.")
        self.at = found.end()
        return found[0]

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1


def _unquoted(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[:1] in ("'", '"') else key
