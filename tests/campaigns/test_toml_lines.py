"""Lines of keys in TOML."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.campaigns import toml_lines

TEXT = '''\
# a comment = 1
title = "x # no comment ]" # a comment
[company]
name.first = "a"
"quoted key" = 'b'

[sending]   # [not.a.table]
days = [
  "mon",  # ] not the end
  "tue", ["nested",
  "x"],
]
text = """
[no.table]
key = 1 \\""" and on
"""
raw = \'\'\'
[[no.table]]\'\'\'
inline = { a = 1, b = { c = [1, 2] }, "d e" = "}" }
when = 2026-01-01 09:00:00

[[reps]]
name = "one"
[[reps]]
name = "two"
[reps.more]
key = 1

[campaigns.first-year]
[[campaigns.first-year.steps]]
day = 1
[[campaigns.first-year.steps]]
day = 2
when = { promises = "open" }
[[campaigns."second one".steps]]
day = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("company",), 3),
        (("company", "name", "first"), 4),
        (("company", "quoted key"), 5),
        (("sending",), 7),
        (("sending", "days"), 8),
        (("sending", "days", 1), 10),
        (("sending", "days", 2, 1), 11),
        (("sending", "text"), 13),
        (("sending", "raw"), 17),
        (("sending", "inline", "b", "c", 1), 19),
        (("sending", "inline", "d e"), 19),
        (("sending", "when"), 20),
        (("reps", 0, "name"), 23),
        (("reps", 1, "name"), 25),
        (("reps", 1, "more", "key"), 27),
        (("campaigns", "first-year", "steps", 1), 32),
        (("campaigns", "first-year", "steps", 1, "when", "promises"), 34),
        (("campaigns", "second one", "steps", 0, "day"), 36),
    ],
)
def test_every_key_has_its_line(path: toml_lines.Path, line: int) -> None:
    assert toml_lines.find(TEXT)[path] == line


def test_exactly_the_paths_of_the_values_are_found() -> None:
    assert set(toml_lines.find(TEXT)) == set(paths(tomllib.loads(TEXT), ()))


def test_windows_line_ends_count_once() -> None:
    assert toml_lines.find('a = 1\r\nb = """x\r\ny"""\r\nc = 3\r\n')[("c",)] == 4


def test_a_missing_key_is_shown_at_its_table() -> None:
    lines = toml_lines.find(TEXT)
    assert toml_lines.nearest(lines, ("reps", 1, "email")) == 24
    assert toml_lines.nearest(lines, ("nowhere",)) == 1


scalars = st.sampled_from(["1", "true", "1.5", '"a"', "'b'", '"""x\n]"""', "'''\n#y'''", "2026-01-01", '"\\"#"', '""'])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda some: "[\n" + "".join(f"{one}, # ]\n" for one in some) + "]")
        | st.lists(inner.filter(lambda one: "\n" not in one), max_size=2).map(
            lambda some: "{" + ", ".join(f"k{n} = {one}" for n, one in enumerate(some)) + "}"
        )
    ),
    max_leaves=6,
)


@given(st.lists(values, max_size=6))
@settings(deadline=None)
def test_whatever_the_values_the_paths_are_found(some: list[str]) -> None:
    pairs = "".join(f"key{number} = {value}\n" for number, value in enumerate(some))
    text = f"{pairs}[[list]]\n{pairs}[[list]]\n[list.'in side']\n{pairs}"
    assert set(toml_lines.find(text)) == set(paths(tomllib.loads(text), ()))


def paths(value: object, path: toml_lines.Path) -> Iterator[toml_lines.Path]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from paths(one, (*path, key))
