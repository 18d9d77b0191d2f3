"""Names that sort by when they were made, and that nobody makes twice."""

import re
import time

from drip import tokens


def test_ids_are_26_letters_of_base_32_each_another_one() -> None:
    many = tokens.new_ids(5_000)
    assert len(set(many)) == 5_000
    assert all(re.fullmatch("[0-7][0-9a-hjkmnp-tv-z]{25}", each) for each in (*many, tokens.new_id()))


def test_ids_of_later_sort_after_those_of_before() -> None:
    before = [*tokens.new_ids(100), tokens.new_id()]
    time.sleep(0.002)
    assert max(before) < min([*tokens.new_ids(100), tokens.new_id()])


def test_the_first_ten_letters_are_the_milliseconds() -> None:
    started = time.time_ns() // 1_000_000
    told = 0
    for letter in tokens.new_id()[:10]:
        told = told << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert started <= told <= time.time_ns() // 1_000_000
