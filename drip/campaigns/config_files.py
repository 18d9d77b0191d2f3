"""The TOML files of a house as read from disk: config.toml first, then campaigns/*.toml by name."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from drip.campaigns import checks, problems, toml_lines

MAX_BYTES = 1_000_000
AT_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """One file that could be read: its name relative to config.toml's folder, text, values and lines."""

    name: str
    text: str
    values: dict[str, object]
    lines: dict[toml_lines.Path, int]

    def at(self, *path: str | int) -> checks.Place:
        return checks.Place(self.name, self.lines, path)


def read(config_path: Path) -> tuple[list[TomlFile], list[problems.Problem]]:
    """Every file that is TOML, and what is wrong with those that are not."""
    beside = sorted((config_path.parent / "campaigns").glob("*.toml"))
    read_ones = [_read(path, config_path.parent) for path in (config_path, *beside)]
    found = [one for one in read_ones if isinstance(one, TomlFile)]
    return found, [one for one in read_ones if isinstance(one, problems.Problem)]


def _read(path: Path, root: Path) -> TomlFile | problems.Problem:
    name = path.relative_to(root).as_posix()
    try:
        if path.stat().st_size > MAX_BYTES:
            return problems.Problem(name, 1, "This file is over 1 MB.", "Split it into campaigns/*.toml.")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return problems.Problem(name, 1, "There is no such file.", "Write one, or point DRIP_CONFIG at yours.")
    except UnicodeDecodeError:
        return problems.Problem(name, 1, "This file is not UTF-8.", "Save it as UTF-8.")
    except OSError as error:
        return problems.Problem(name, 1, f"This file cannot be read: {error.strerror}.", "Check its permissions.")
    return _parsed(name, text)


def _parsed(name: str, text: str) -> TomlFile | problems.Problem:
    try:
        return TomlFile(name, text, tomllib.loads(text), toml_lines.find(text))
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        at = AT_LINE.search(said)
        line = int(at[1]) if at else text.rstrip().count("\n") + 1
        return problems.Problem(name, line, f"This is not TOML: {said.partition(' (at ')[0]}.", _hint(said))
    except RecursionError:
        return problems.Problem(name, 1, "This file is nested too deeply.", "Make it simpler.")


def _hint(said: str) -> str:
    if "overwrite" in said or "twice" in said:
        return "A key or [table] can stand only once."
    if "Invalid value" in said:
        return 'Text needs straight quotes: key = "text". Numbers, true and false stand without.'
    return 'A line is key = "text", key = 7, key = true, key = ["a", "b"] or [table].'
