"""What a template may say: a short list of Jinja's syntax, and nothing else."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import jinja2
import jinja2.sandbox
from jinja2 import nodes

from drip.mail import filters, variables

# A source this long is no letter; and with it every cost below stays bounded.
MAX_SOURCE_BYTES = 200_000
MAX_DEPTH = 25
# Some fifty times what a long letter has; compiling takes a tenth of a second at most.
MAX_NODES = 2_000
MAX_FINDINGS = 50
MAX_NUMBER = 10**12
TESTS = frozenset(
    {"defined", "undefined", "none", "in", "string", "number"}
    | {"eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<="}
    | {"gt", "greaterthan", ">", "ge", ">="}
)
ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand}
    | {nodes.And, nodes.Or, nodes.Not, nodes.Const, nodes.Test, nodes.Filter}
)
WHOLE_LETTER = "Write the text out; the shared frame is templates/emails/_layout."
REFUSED: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Call: ("Calls are not available in templates.", "Use a filter, such as | upper."),
    nodes.For: (
        "Loops are not available in templates.",
        "Use a text, such as promises.open.",
    ),
    nodes.Assign: ("Templates cannot set variables.", 'Use | default("...", true) or an if.'),
    nodes.AssignBlock: ("Templates cannot set variables.", 'Use | default("...", true) or an if.'),
    nodes.BinExpr: ("Templates cannot calculate.", "Write the text out, or use an if."),
    nodes.UnaryExpr: ("Templates cannot calculate.", "Write the text out, or use an if."),
    nodes.Concat: ("Templates cannot join text with ~.", "Write the parts one after the other."),
    nodes.Literal: ("Lists are not available in templates.", 'Compare one by one: a == "x" or a == "y".'),
    nodes.Stmt: ("This tag is not available in templates.", WHOLE_LETTER),
}
DEFAULT_HINT = 'Write | default("{}", true).'
COLON_DEFAULT = re.compile(r"""\|\s*default\s*:\s*(?:"([^"]*)"|'([^']*)')?""")
BARS_DEFAULT = re.compile(r"""(?:\|\||\?\?)\s*(?:"([^"]*)"|'([^']*)')?""")
# NUL and its kin never belong in a letter; the reader of HTML places relies on their absence.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in one text: its line (from 1), what is wrong, and what to do instead."""

    line: int
    message: str
    suggestion: str = ""


def environment(*, autoescape: bool) -> jinja2.Environment:
    """Jinja with nothing in it: no globals, no loader, only the listed filters and tests."""
    found = jinja2.sandbox.ImmutableSandboxedEnvironment(
        autoescape=autoescape, undefined=Unknown, trim_blocks=True, lstrip_blocks=True
    )
    found.globals = {}
    found.filters = {name: found.filters[name] for name in filters.ALLOWED}
    found.tests = {name: found.tests[name] for name in TESTS}
    return found


class Unknown(jinja2.StrictUndefined):
    """A fact that is not known: usable in `is defined` and `default`, an error anywhere else."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return self._undefined_name or ""


_READER = environment(autoescape=False)


def parse(source: str) -> nodes.Template:
    """The syntax tree; raises what Jinja raises."""
    return _READER.parse(source)


def tokens(source: str) -> Iterator[tuple[int, str, str]]:
    """(line, kind, text) for each piece of a source, data and syntax alike."""
    return _READER.lex(source)


def findings(source: str) -> list[Finding]:
    """Every mistake in one text, in order of line. An empty list means that it is safe to compile."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        return [Finding(1, f"This text is over {MAX_SOURCE_BYTES // 1000} kB.", "A check-in is a few lines.")]
    if control := CONTROL.search(source):
        line = source.count("\n", 0, control.start()) + 1
        return [Finding(line, "There is a control character in this text.", "Delete it and type it anew.")]
    try:
        return _of_tree(parse(source))
    except jinja2.TemplateSyntaxError as error:
        return [_syntax(error, source)]
    except (RecursionError, ValueError):
        return [Finding(1, "This is nested too deeply, or a number is too long.", "Make it simpler.")]


def _of_tree(tree: nodes.Template) -> list[Finding]:
    if sum(1 for _ in itertools.islice(tree.find_all(nodes.Node), MAX_NODES + 1)) > MAX_NODES:
        return [Finding(1, "This template is too intricate.", "Use fewer variables and ifs.")]
    found = itertools.islice(_walk(tree, 0), MAX_FINDINGS)
    return sorted(found, key=lambda finding: finding.line)


def _walk(node: nodes.Node, depth: int, above: int = 1) -> Iterator[Finding]:
    line = node.lineno or above  # a piece of plain text knows no line of its own
    if depth > MAX_DEPTH:
        yield Finding(line, "This is nested too deeply.", "Make it simpler.")
    elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        yield from _variable(node)
    elif type(node) not in ALLOWED:
        yield _refusal(node)
    else:
        yield from _itself(node)
        for child in node.iter_child_nodes():
            yield from _walk(child, depth + 1, line)


def _itself(node: nodes.Node) -> Iterator[Finding]:
    if isinstance(node, nodes.Filter):
        if wrong := filters.mistake(node):
            yield Finding(node.lineno, *wrong)
    elif isinstance(node, nodes.Test) and node.name not in TESTS:
        yield Finding(node.lineno, f'There is no test "{node.name}".', "Write is defined, is none, ==, < or in.")
    elif isinstance(node, nodes.CondExpr) and node.expr2 is None:
        yield Finding(node.lineno, "This short if has no else.", 'Write {{ "a" if ... else "b" }}.')
    elif isinstance(node, nodes.Const) and _is_huge(node.value):
        yield Finding(node.lineno, "This number is too large.", "Write it as text.")


def _variable(node: nodes.Name | nodes.Getattr | nodes.Getitem) -> Iterator[Finding]:
    name = variables.dotted(node)
    if name is None:
        yield Finding(node.lineno, "Only plain variables can be used here.", "Such as customer.first_name.")
    elif name in variables.GROUPS:
        yield Finding(node.lineno, f'"{name}" is not a text.', f"Use {_either(variables.in_group(name))}.")
    elif name not in variables.VARIABLES:
        yield Finding(node.lineno, f'There is no variable "{name[:80]}".', _meant(name[:80]))


def _refusal(node: nodes.Node) -> Finding:
    for kind, (message, suggestion) in REFUSED.items():
        if isinstance(node, kind):
            return Finding(node.lineno, message, suggestion)
    return Finding(node.lineno, f"{type(node).__name__} is not available in templates.", WHOLE_LETTER)


def _meant(name: str) -> str:
    if near := variables.nearest(name):
        return f"Did you mean {near}?"
    groups = sorted(variables.GROUPS) + [known for known in variables.VARIABLES if "." not in known]
    return f"Variables start with {_either(groups)}."


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _is_huge(value: object) -> bool:
    return isinstance(value, int | float) and not abs(value) <= MAX_NUMBER


def _syntax(error: jinja2.TemplateSyntaxError, source: str) -> Finding:
    lines = source.split("\n")
    line = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    for pattern in (COLON_DEFAULT, BARS_DEFAULT):
        if found := pattern.search(line):
            text = found[1] or found[2] or "..."
            return Finding(error.lineno, "This is not how a fallback is written.", DEFAULT_HINT.format(text))
    return Finding(error.lineno, f"The template cannot be read: {error.message}", _tag_hint(error.message or ""))


def _tag_hint(message: str) -> str:
    if "got '='" in message:
        return 'Compare with ==, such as {% if season == "winter" %}.'
    if "unknown tag" in message or "endif" in message:
        return "The tags are {% if ... %}, {% elif ... %}, {% else %} and {% endif %}."
    return "A variable is written {{ customer.first_name }}."
