"""A table of TOML and the model that it should be: the model, or every mistake with its line."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import pydantic
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from drip.campaigns import problems, toml_lines

Model = TypeVar("Model", bound=BaseModel)

EXAMPLES = {
    "company": "[company]",
    "sending": "[sending]",
    "name": 'name = "Harbour Cars"',
    "postal_address": 'postal_address = "12 Quay Street, Portland, ME 04101, USA"',
    "timezone": 'timezone = "America/New_York"',
    "domain": 'domain = "harbourcars.example"',
    "inbound_domain": 'inbound_domain = "mail.harbourcars.example"',
    "email": 'email = "maria@harbourcars.example"',
    "title": 'title = "The first year with your car"',
    "steps": "[[campaigns.NAME.steps]]",
    "id": 'id = "first-week"',
    "day": "day = 7",
    "template": 'template = "first-week"',
}
KINDS = {
    "string_type": ("must be text", 'Put it in double quotes: {key} = "...".'),
    "int_type": ("must be a whole number", "Write {key} = 7, without quotes or point."),
    "bool_type": ("must be true or false", "Write {key} = true or {key} = false, without quotes."),
    "tuple_type": ("must be a list", 'Write {key} = ["...", "..."].'),
    "model_type": ("must be a table", "Write it as {{ key = value }} or under its own [header]."),
    "too_short": ("is empty", "Add at least one."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands: its file, the lines of that file's keys, and its path there."""

    file: str
    lines: Mapping[toml_lines.Path, int]
    path: toml_lines.Path = ()

    def at(self, *path: str | int) -> Place:
        return Place(self.file, self.lines, (*self.path, *path))

    def problem(self, message: str, suggestion: str = "") -> problems.Problem:
        line = toml_lines.nearest(self.lines, self.path)
        return problems.Problem(self.file, line, message, suggestion)


def table(value: object) -> dict[str, object]:
    """The value if it is a table, else an empty one: what follows can then go on looking for mistakes."""
    return dict(value) if isinstance(value, dict) else {}


def tables(value: object) -> list[dict[str, object]]:
    """The tables of an array of tables; anything else in it counts as an empty one."""
    return [table(one) for one in value] if isinstance(value, list) else []


def model(kind: type[Model], value: object, place: Place) -> tuple[Model | None, list[problems.Problem]]:
    """The model made of a table, or None and all that is wrong with it."""
    try:
        return kind.model_validate(value), []
    except pydantic.ValidationError as error:
        return None, [_problem(kind, one, place) for one in error.errors(include_url=False)]


def _problem(kind: type[BaseModel], error: ErrorDetails, place: Place) -> problems.Problem:
    path, context = error["loc"], error.get("ctx", {})
    name = str(next((part for part in reversed(path) if isinstance(part, str)), "this table"))
    found = place.at(*path)
    if error["type"] == "drip":
        return found.problem(f"{name}: {context['message']}" if path else context["message"], context["suggestion"])
    if error["type"] == "extra_forbidden":
        hint = problems.did_you_mean(name, _keys(kind, path[:-1]), f"Known: {', '.join(_keys(kind, path[:-1]))}.")
        return found.problem(f'There is no key "{name[:80]}" here.', hint)
    if error["type"] == "missing":
        return found.problem(f'"{name}" is missing.', f"Write {EXAMPLES.get(name, name)}.")
    if error["type"] == "literal_error":
        return found.problem(
            f'"{name}" cannot be {_shown(error["input"])}.', _one_of(error["input"], context["expected"])
        )
    message, suggestion = KINDS.get(error["type"], (f"is wrong: {error['msg']}", ""))
    return found.problem(f'"{name}" {message}.', suggestion.format(key=name))


def _keys(kind: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand in the table at this path of a model."""
    for part in path:
        if isinstance(part, str):
            kind = _inner(kind.model_fields[part].annotation) or kind
    return [name for name, field in kind.model_fields.items() if not field.exclude]


def _inner(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _inner(part))), None)


def _one_of(value: object, expected: str) -> str:
    words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
    return problems.did_you_mean(str(value), words, f"Write one of {', '.join(words)}.")


def _shown(value: object) -> str:
    return f'"{value[:80]}"' if isinstance(value, str) else str(value)[:80]
