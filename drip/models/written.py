"""Values as the drivers get them: plain text or numbers, put so column by column.

SQLAlchemy types hundreds of single parameters one by one, for longer than the statement itself takes.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pydantic_core

Column = Sequence[object]


def for_sqlite(values: Column) -> Column:
    """As SQLAlchemy's types store them in SQLite: UTC text with microseconds, amounts as numbers."""
    return _PLAIN.column(values)


def for_copy(values: Column) -> Sequence[str]:
    """As PostgreSQL's COPY reads them in its text format; instants are aware."""
    found: Sequence[str] = _COPIED.column(values)  # type: ignore[assignment]
    if _kind(values) in _HOLDS_NO_MARK or not _has_marks(found, values):
        return found
    pairs = zip(found, values, strict=True)
    return [told if value is None else told.translate(_MARKS) for told, value in pairs]


@dataclass(frozen=True, slots=True)
class _Writing:
    """How values are written, by their type, and None; a type that is not here stays as it is."""

    writers: Mapping[type, Callable[[Any], object]]
    nothing: str | None

    def column(self, values: Column) -> Column:
        """A column's values are of one type, or None. Rows share most of what is no text, no number and no JSON."""
        kind = _kind(values)
        writer = self.writers.get(kind) or (str if issubclass(kind, StrEnum) else None)
        if writer and kind not in _OF_ITS_OWN:
            found: dict[object, object] = {value: writer(value) for value in {*values} - {None}}
            found[None] = self.nothing
            return list(map(found.__getitem__, values))
        if None not in values:
            return list(map(writer, values)) if writer else values
        if writer:
            return [self.nothing if value is None else writer(value) for value in values]
        return [self.nothing if value is None else value for value in values]


_OF_ITS_OWN = frozenset({int, Decimal, dict})  # hardly ever twice in a column


def _kind(values: Column) -> type:
    return next((type(value) for value in values if value is not None), str)


@functools.lru_cache(maxsize=4096)
def _instant(value: datetime) -> str:
    """Without the "+00:00" at its end. Remembered, because rows of several tables share their stamps."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:26]


def _json(value: dict[str, object]) -> str:
    return pydantic_core.to_json(value).decode()


def _has_marks(written: Sequence[str], values: Column) -> bool:
    """Hardly any value holds a mark of PostgreSQL's text format, so we look for them in all at once."""
    together = "".join(written)
    blanks = values.count(None) if "\\" in together else 0
    return together.count("\\") != blanks or any(mark in together for mark in "\t\n\r")


_PLAIN = _Writing({datetime: _instant, Decimal: float, date: date.isoformat, dict: _json}, None)
_COPIED = _Writing(
    {datetime: datetime.isoformat, date: date.isoformat, Decimal: str, int: str, bool: str, dict: _json}, "\\N"
)
_HOLDS_NO_MARK = frozenset({datetime, date, Decimal, int, bool})
_MARKS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
