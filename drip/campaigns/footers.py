"""What every letter owes its reader, a way out and a postal address: which letters, or whose frame, lack it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jinja2 import nodes

from drip.campaigns import house, letters, problems
from drip.mail import grammar, render, variables

COMMENT, TAG = re.compile(r"<!--.*?-->", re.DOTALL), re.compile(r"<[^>]*>")
BODIES: dict[str, render.Part] = {"body.txt": "text", "body.html": "html"}


class _Duty(NamedTuple):
    """What belongs in every footer: the fact, how people call it, and the line that says it."""

    fact: str
    name: str
    line: dict[str, str]


WAY_OUT = _Duty(
    "links.unsubscribe",
    "unsubscribe link",
    {
        "body.txt": "Write a line such as: To stop these notes: {{ links.unsubscribe }}",
        "body.html": 'Write a line such as: <a href="{{ links.unsubscribe }}">Stop these notes</a>',
    },
)
ADDRESS = _Duty(
    "company.postal_address",
    "postal address",
    dict.fromkeys(BODIES, "Write a line with {{ company.name }}, {{ company.postal_address }}."),
)


def lacking(shelf: letters.Shelf, company: house.Company, shown_as: str) -> tuple[problems.Problem, ...]:
    """Where a way out or the address is missing, in text and in HTML: a frame is told once for all its letters.

    Warnings, not mistakes: each mail carries List-Unsubscribe whatever its letter says, and a house that is only tried
    out may do without a footer.
    """
    return tuple(
        problem
        for file, part in BODIES.items()
        for duty in (WAY_OUT, ADDRESS)
        for problem in _lacking(shelf, file, part, duty, company, shown_as)
    )


def _lacking(
    shelf: letters.Shelf, file: str, part: render.Part, duty: _Duty, company: house.Company, shown_as: str
) -> Iterator[problems.Problem]:
    bodies = {name: source for name, one in shelf.letters.items() if (source := _body(one, part)) is not None}
    without = [name for name, source in bodies.items() if not _has(source, duty, company)]
    where, how = f"the {'HTML' if part == 'html' else 'text'}", duty.line[file]
    if without and len(without) == len(bodies) and file in shelf.frames:
        said = f"There is no {duty.name} in {where} of any letter."
        yield problems.Problem(f"{shown_as}/{letters.FRAME}/{file}", 1, said, how)
        return
    for name in without:
        yield problems.Problem(f"{shown_as}/{name}/{file}", 1, f"There is no {duty.name} in {where}.", how)


def _body(source: render.LetterSource, part: render.Part) -> str | None:
    return source.html if part == "html" else source.text


def _has(source: str, duty: _Duty, company: house.Company) -> bool:
    """By its fact, or an address typed out."""
    shown = COMMENT.sub("", source)
    typed = duty is ADDRESS and _plain(company.postal_address) in _plain(html.unescape(TAG.sub(" ", shown)))
    return typed or _always(grammar.parse(shown).body, duty.fact)


def _always(body: Sequence[nodes.Node], fact: str) -> bool:
    """Whether every customer reads it, whatever the ifs say."""
    return any(_if_says(node, fact) if isinstance(node, nodes.If) else _names(node, fact) for node in body)


def _if_says(node: nodes.If, fact: str) -> bool:
    return all(_always(way, fact) for way in (node.body, *(each.body for each in node.elif_), node.else_))


def _names(node: nodes.Node, fact: str) -> bool:
    return any(variables.dotted(each) == fact for each in node.find_all((nodes.Getattr, nodes.Getitem)))


def _plain(text: str) -> str:
    """Letters and digits only: an address may be typed over some lines."""
    return "".join(filter(str.isalnum, text.casefold()))
