"""Tables of words that letters are judged by, read from the TOML files beside this one; data, no rules."""

import functools
import tomllib
from importlib import resources


@functools.cache
def tables(name: str) -> dict[str, tuple[str, ...]]:
    """The tables of one file, by their names: entries of a list as they are, or the lines of a text."""
    source = resources.files(__package__ or "drip.mail.words").joinpath(f"{name}.toml")
    read = tomllib.loads(source.read_text(encoding="utf-8"))
    return {key: _entries(value) for key, value in read.items()}


def _entries(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(line.strip() for line in value.split("\n") if line.strip())
    return tuple(map(str, value)) if isinstance(value, list) else ()
