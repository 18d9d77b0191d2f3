"""A letter's source and a customer's facts in, a letter out."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from drip import errors
from drip.mail import grammar, places, variables

MAX_SUBJECT_LETTERS = 300
MAX_LETTER_LETTERS = 500_000
# A name longer than this is no name; cut, it still says who is meant.
MAX_VALUE_LETTERS = 5_000
# C0 and C1 but tab and newline, characters that turn the direction of what follows, halves of surrogates.
STRAY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
LINE_BREAK = re.compile("\r\n?|[\u2028\u2029\x85]")
EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")

Part = Literal["subject", "text", "html"]


@dataclass(frozen=True, slots=True)
class LetterSource:
    """The template text of one letter, frame included."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as the customer reads it: a subject of one line, text, and perhaps HTML."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One mistake in a letter's source; `line` counts from 1."""

    part: Part
    line: int
    message: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A checked source, ready to render; keep it, compiling costs a hundred times as much as rendering. `named` are the
    facts that it names: others need not be made fit for it."""

    subject: jinja2.Template
    text: jinja2.Template
    html: jinja2.Template | None
    named: tuple[str, ...]


class RenderError(errors.DripError):
    """This letter cannot be written for this customer."""


class MissingData(RenderError):
    """The letter needs a fact that is not known."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"{variable} is not known. Import it, or give the template a default.")
        self.variable = variable


class UnsafeTemplate(RenderError):
    """The source says something that templates may not say."""

    def __init__(self, found: list[TemplateProblem]) -> None:
        first = found[0]
        super().__init__(f"{first.part}, line {first.line}: {first.message} {first.suggestion}".strip())
        self.problems = found


def problems(source: LetterSource) -> list[TemplateProblem]:
    """Every mistake in a letter's source, by part and line; an empty list means that it can be compiled."""
    found = [*part_problems("subject", source.subject), *part_problems("text", source.text)]
    return found if source.html is None else [*found, *part_problems("html", source.html)]


def part_problems(part: Part, source: str) -> list[TemplateProblem]:
    """Every mistake in one part of a letter."""
    found = grammar.findings(source)
    if not found and part == "html":
        found = places.findings(source)
    return [TemplateProblem(part, one.line, one.message, one.suggestion) for one in found]


def compile(source: LetterSource) -> Compiled:
    """Checks the source again, wherever it comes from, and compiles it; raises UnsafeTemplate."""
    if found := problems(source):
        raise UnsafeTemplate(found)
    named: set[str] = set()
    html = None if source.html is None else _compile_part(source.html, named, autoescape=True)
    return Compiled(_compile_part(source.subject, named), _compile_part(source.text, named), html, tuple(sorted(named)))


def render(compiled: Compiled, context: Mapping[str, object]) -> Letter:
    """Writes the letter; raises MissingData for a fact that is needed and not known, else RenderError.

    `context` maps the names in `variables.VARIABLES` (groups as mappings) to text or whole numbers;
    None, or no entry, means not known.
    """
    facts = _facts(context, compiled.named)
    plain = compiled.text.new_context(facts, shared=True)  # both are of one environment and only look facts up
    subject = one_line(_write(compiled.subject, plain))
    text = EMPTY_LINES.sub("\n\n", _write(compiled.text, plain)).strip()
    if not subject or not text:
        raise RenderError(f"The {'text' if subject else 'subject'} of this letter is empty. Check its template.")
    return Letter(subject, f"{text}\n", None if compiled.html is None else _html(compiled.html, facts))


def _html(template: jinja2.Template, facts: dict[str, str | int]) -> str:
    return _write(template, template.new_context(facts, shared=True))


def one_line(subject: str) -> str:
    """A subject that is one line whatever went into it, and not longer than mail programs bear."""
    line = " ".join(clean(subject).split())
    return line if len(line) <= MAX_SUBJECT_LETTERS else f"{line[: MAX_SUBJECT_LETTERS - 1]}…"


def clean(value: str) -> str:
    """Text without the characters that nobody can see and that could pass for something else."""
    value = STRAY.sub("", LINE_BREAK.sub("\n", value))
    return value if len(value) <= MAX_VALUE_LETTERS else f"{value[: MAX_VALUE_LETTERS - 1]}…"


class _OneName(NodeTransformer):
    """Turns `customer.name` into one name, so that compiled letters never touch an attribute or a key; keeps in `named`
    which there are."""

    def __init__(self, named: set[str]) -> None:
        self._named = named

    def visit(self, node: nodes.Node, *args: object, **kwargs: object) -> nodes.Node:
        name = variables.dotted(node)
        if name is None:
            return self.generic_visit(node, *args, **kwargs)
        self._named.add(name)
        return nodes.Name(variables.flat(name), "load", lineno=node.lineno)


@functools.cache
def _environment(autoescape: bool) -> jinja2.Environment:
    return grammar.environment(autoescape=autoescape)


def _compile_part(source: str, named: set[str], autoescape: bool = False) -> jinja2.Template:
    environment = _environment(autoescape)
    tree = grammar.parse(source)
    _OneName(named).generic_visit(tree)
    tree.set_environment(environment)
    return environment.from_string(tree)


def _facts(context: Mapping[str, object], named: Iterable[str]) -> dict[str, str | int]:
    facts: dict[str, str | int] = {}
    for name in named:
        group, _, key = name.partition(".")
        value = context.get(group)
        if key:
            value = value.get(key) if isinstance(value, dict | Mapping) else None  # dict first: the quicker question
        if value is not None:
            facts[variables.flat(name)] = _fact(value)
    return facts


def _fact(value: object) -> str | int:
    """The type is checked here, for nothing that has methods worth calling may reach a template."""
    if type(value) is str:
        return value if value.isprintable() and len(value) <= MAX_VALUE_LETTERS else clean(value)
    if type(value) is int or type(value) is bool:
        return value
    raise TypeError(f"A letter takes text and whole numbers, not {type(value).__name__}.")


def _write(template: jinja2.Template, context: Context) -> str:
    try:
        return _joined(list(template.root_render_func(context)))
    except jinja2.UndefinedError as error:
        raise MissingData(variables.unflat(error.message or "")) from None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise RenderError(f"A filter or comparison does not fit its value: {error}.") from error


def _joined(pieces: list[str]) -> str:
    """The grammar has no loops and each filter bounds what it makes, so the pieces are few and short by themselves."""
    if sum(map(len, pieces)) > MAX_LETTER_LETTERS:
        raise RenderError(f"This letter is over {MAX_LETTER_LETTERS // 1000} kB. Shorten its template.")
    return "".join(pieces)
