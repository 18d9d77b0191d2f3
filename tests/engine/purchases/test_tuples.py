"""Named tuples made of columns are what calling their class makes."""

from typing import NamedTuple

import pytest

from drip.engine.purchases import tuples


class Person(NamedTuple):
    name: str
    age: int
    country: str = "PT"


def test_each_row_is_what_the_class_makes_of_it() -> None:
    made = list(tuples.of(Person, ["Ana", "Ben"], [41, 42], ["DE", "US"]))
    assert made == [Person("Ana", 41, "DE"), Person("Ben", 42, "US")]
    assert {type(each) for each in made} == {Person}


def test_further_fields_have_their_defaults() -> None:
    assert next(tuples.of(Person, ["Ana"], [41])).country == "PT"


def test_a_field_with_neither_is_named() -> None:
    with pytest.raises(KeyError, match="age"):
        tuples.of(Person, ["Ana"])


def test_more_columns_than_fields_are_refused() -> None:
    with pytest.raises(TypeError, match="Person has 3 fields, not 4"):
        tuples.of(Person, [1], [2], [3], [4])
