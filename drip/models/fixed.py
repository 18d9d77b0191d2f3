"""Statements that are built once: lists as one parameter, and a way past the ORM for those that run all day."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CursorResult,
    Dialect,
    Executable,
    String,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine, UserDefinedType

from drip.models.base import UtcDateTime

AT = bindparam("at", type_=UtcDateTime())
At = datetime | BindParameter[datetime]  # an instant, or its place in a statement that is built once


def run(session: Session, statement: Executable, /, **values: object) -> CursorResult[Any]:
    """Plain rows in this session's transaction. Building a query and going through the ORM costs ten times as much as
    the query of a gate itself (measured)."""
    session.flush()
    return session.connection().execute(statement, values)


class Values(TypeDecorator[list[Any]]):
    """A list of whole numbers or texts: an array in PostgreSQL, JSON in SQLite. We write both, because psycopg takes
    ten to ninety times as long for an array as we do (measured)."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = String() if isinstance(item, String) else item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Array(self.item) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> str:
        found = list(value or ())
        return _as_array(found) if dialect.name == "postgresql" else json.dumps(found)


class _Array(UserDefinedType[str]):
    """An array of PostgreSQL's, given as it reads and writes it."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        self.item = item

    def get_col_spec(self, **_how: object) -> str:
        return "VARCHAR[]" if isinstance(self.item, String) else "BIGINT[]"


def _as_array(values: list[Any]) -> str:
    """As the manual has it: between quotes all but two marks stand for themselves."""
    if not values or isinstance(values[0], int):
        return f"{{{','.join(map(str, values))}}}"
    told = "\n".join(values)
    if "\\" in told or '"' in told:
        values = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(values) + '"}'


class among(FunctionElement[bool]):  # reads as the SQL function that it stands for
    """SQL: the column's value is one of these whole numbers or texts; a name stands for the list that a statement
    which is built once is given later. As single parameters, hundreds of values take longer than the query itself."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[Any] | ColumnElement[Any], values: str | Collection[Any]) -> None:
        name, known = (values, None) if isinstance(values, str) else (None, list(values))
        super().__init__(column, bindparam(name, known, type_=Values(column.type), required=known is None))

    def self_group(self, against: OperatorType | None = None) -> "among":
        """A condition by itself: as a mere value SQLite would get it as `... = 1`, and scan the whole table."""
        return self


@compiles(among)
def _in_json(element: among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608  # both are compiled, not said


@compiles(among, "postgresql")
def _in_array(element: among, compiler: SQLCompiler, **how: Any) -> str:
    column, values = (compiler.process(each, **how) for each in element.clauses)
    return f"({column} = ANY ({values}))"


class Pairs(TypeDecorator[Mapping[Any, str]]):
    """A mapping from whole numbers or texts to texts, as one JSON object."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[Any, str] | None, dialect: Dialect) -> str:
        return json.dumps(value or {})


class pairs(FunctionElement[Any]):  # reads as the SQL function that it stands for
    """SQL: the rows (key, value) of a mapping that the statement is given under this name, both texts."""

    inherit_cache = True

    def __init__(self, name: str) -> None:
        super().__init__(bindparam(name, type_=Pairs()))


@compiles(pairs)
def _each_in_json(element: pairs, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(pairs, "postgresql")
def _each_in_postgresql(element: pairs, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **how)} AS json))"
