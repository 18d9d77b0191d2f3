"""The filters that a template may use, and how far."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from jinja2 import nodes

# What replace and join may add at each place: with more, a few words could grow without end.
MAX_PIECE = 20
ROUNDINGS = ("common", "ceil", "floor")
GROWING = frozenset({"replace", "join"})


def mistake(node: nodes.Filter) -> tuple[str, str] | None:
    """What is wrong with this use of a filter, and what to do instead; None if nothing is."""
    if node.name not in ALLOWED:
        return f'There is no filter "{node.name}".', _other(node.name)
    if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
        return "A filter follows a variable.", "Such as {{ customer.name | title }}."
    if node.name in GROWING and _grows(node.node):
        return "Only one replace or join can be used in one place.", "Write the text out."
    fits, example = ALLOWED[node.name]
    return None if fits(node) else (f'"{node.name}" is not used like this.', f"Write {example}.")


def _plain(node: nodes.Filter) -> bool:
    return not node.args and not node.kwargs


def _default(node: nodes.Filter) -> bool:
    """One fallback of any kind, and `true` if an empty text should fall back too."""
    switches = node.args[1:]
    return not node.kwargs and len(node.args) in (1, 2) and all(type(_value(one)) is bool for one in switches)


def _trim(node: nodes.Filter) -> bool:
    return not node.kwargs and len(node.args) <= 1 and all(_is_piece(argument) for argument in node.args)


def _replace(node: nodes.Filter) -> bool:
    return not node.kwargs and len(node.args) == 2 and _value(node.args[0]) != "" and _are_pieces(node.args)


def _round(node: nodes.Filter) -> bool:
    digits, method = [*map(_value, node.args), *(0, "common")[len(node.args) :]][:2]
    few = type(digits) is int and 0 <= digits <= 6
    return not node.kwargs and len(node.args) <= 2 and few and method in ROUNDINGS


def _int(node: nodes.Filter) -> bool:
    return not node.kwargs and len(node.args) <= 1 and all(type(_value(one)) is int for one in node.args)


def _are_pieces(arguments: list[nodes.Expr]) -> bool:
    return all(_is_piece(argument) for argument in arguments)


def _is_piece(argument: nodes.Expr) -> bool:
    value = _value(argument)
    return isinstance(value, str) and len(value) <= MAX_PIECE


def _value(node: nodes.Expr) -> object:
    return node.value if isinstance(node, nodes.Const) else None


def _grows(node: nodes.Expr) -> bool:
    inner = list(node.find_all(nodes.Filter)) + ([node] if isinstance(node, nodes.Filter) else [])
    return any(one.name in GROWING for one in inner)


def _other(name: str) -> str:
    close = difflib.get_close_matches(name, ALLOWED, n=1)
    return f"Did you mean {close[0]}?" if close else f"Filters are: {', '.join(sorted(ALLOWED))}."


ALLOWED: dict[str, tuple[Callable[[nodes.Filter], bool], str]] = {
    **dict.fromkeys(("default", "d"), (_default, '| default("there", true)')),
    **{
        name: (_plain, f"| {name}")
        for name in ("capitalize", "lower", "upper", "title", "first", "last", "length", "count")
    },
    **{name: (_plain, f"| {name}") for name in ("string", "escape", "e", "wordcount")},
    "trim": (_trim, '| trim, or | trim(".")'),
    "replace": (_replace, f'| replace("old", "new"), each at most {MAX_PIECE} letters'),
    "join": (_trim, f'| join(", "), at most {MAX_PIECE} letters'),
    "round": (_round, "| round(2), at most 6 digits"),
    "int": (_int, "| int, or | int(0)"),
}
