"""Values as the drivers get them: plain text or numbers, put so column by column.

SQLAlchemy types hundreds of single parameters one by one, for longer than the statement itself takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pydantic_core

Column = Sequence[Any]
_Writer = Callable[[Column], Sequence[Any]]


def for_sqlite(values: Column) -> Column:
    """As SQLAlchemy's types store them in SQLite: UTC text with microseconds, amounts as numbers."""
    return _PLAIN.column(values)


def for_copy(values: Column) -> Sequence[str]:
    """As PostgreSQL's COPY reads them in its text format; instants are aware."""
    return _COPIED.column(values)


@dataclass(frozen=True, slots=True)
class _Writing:
    """How columns are written, by the type of their values, and None; what is not here is text, or a TypeError."""

    writers: Mapping[type, _Writer]
    text: _Writer
    nothing: str | None

    def column(self, values: Column) -> Sequence[Any]:
        """A column's values are of one type, or None. What is the same in every row is written once."""
        first = values[0]
        if first is values[-1] and not isinstance(first, dict) and values.count(first) == len(values):
            return [*self._each(values[:1])] * len(values)
        return self._each(values)

    def _each(self, values: Column) -> Sequence[Any]:
        some = [value for value in values if value is not None]
        if not some:
            return [self.nothing] * len(values)
        told = self.writers.get(type(some[0]), self.text)(some)
        if len(some) == len(values):
            return told
        following = iter(told)
        return [self.nothing if value is None else next(following) for value in values]


def _one_by_one(write: Callable[[Any], object]) -> _Writer:
    return lambda values: list(map(write, values))


def _instants(values: Column) -> list[str]:
    """In UTC: "2026-09-01 10:00:00Z". Pydantic writes a column as one JSON text, four times as fast as Python writes
    one after the other."""
    utc = [value if value.tzinfo is UTC else value.astimezone(UTC) for value in values]
    return pydantic_core.to_json(utc).decode()[2:-2].replace("T", " ").split('","')


def _long_instants(values: Column) -> list[str]:
    """With microseconds and without a zone: "2026-09-01 10:00:00.000000"."""
    return [(told[:-1] + ".000000")[:26] for told in _instants(values)]


def _json(value: dict[str, object]) -> str:
    return pydantic_core.to_json(value).decode()


def _without_marks(texts: Column) -> Sequence[str]:
    """Hardly any text holds a mark of PostgreSQL's text format, so we look for them in all at once."""
    together = "".join(texts)
    if not any(mark in together for mark in "\\\t\n\r"):
        return texts
    return [text.translate(_MARKS) for text in texts]


def _copied_json(values: Column) -> Sequence[str]:
    return _without_marks(_JSON(values))


_MARKS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_STR, _TEXT, _DATE = _one_by_one(str), _one_by_one(str.__str__), _one_by_one(date.isoformat)
_JSON, _FLOAT = _one_by_one(_json), _one_by_one(float)
_PLAIN = _Writing(
    {datetime: _long_instants, date: _DATE, Decimal: _FLOAT, dict: _JSON} | dict.fromkeys((int, bool, float), list),
    _TEXT,
    None,
)
_COPIED = _Writing(
    {datetime: _instants, date: _DATE, dict: _copied_json} | dict.fromkeys((Decimal, int, bool, float), _STR),
    _without_marks,
    "\\N",
)
