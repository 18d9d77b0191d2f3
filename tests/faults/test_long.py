"""The long run: parts go on where they were, nothing is counted twice, and a harness that fails says why."""

import argparse
import json
from collections import Counter

from tests.faults import __main__ as long
from tests.faults import command, every_line, spread

SEEN = Counter({("drip/db.py", line): 2 for line in range(1, 200)})


def told(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_a_harness_that_fails_is_a_breach_with_what_it_said_last() -> None:
    (found,) = command.figures(["model", "--mails", "many"], 1.0)
    assert (found["failed"], "'many' is not a valid integer" in found["breaches"][0]) == ("model", True), found


def test_one_that_found_nothing_wrong_and_yet_ends_badly_has_failed() -> None:
    fine = [{"breaches": []}]
    assert list(command._failure(["races"], 0, fine, [])) == []
    assert list(command._failure(["races"], 1, [{"breaches": ["late"]}], [])) == []
    assert [each["failed"] for each in command._failure(["races"], 1, fine, ["no room"])] == ["races"]


def test_a_later_run_of_kills_goes_on_behind_the_lines_that_were_tried() -> None:
    whole = every_line._chosen(SEEN, every_line.Asked(visits=3))
    half = every_line._chosen(SEEN, every_line.Asked(visits=3, until=0.5))
    rest = every_line._chosen(SEEN, every_line.Asked(visits=3, after=half[-1].place))
    assert half + rest == whole
    assert [len([each for each in whole if turn < each.place <= turn + 1]) for turn in range(3)] == [199, 199, 398]
    assert {each.form for each in whole if each.point == whole[0].point} == {*every_line.FORMS}


def test_time_that_one_role_leaves_goes_to_lines_that_have_not_had_their_first_turn() -> None:
    reached: dict[str, float] = {}
    wish = argparse.Namespace(role=["sender", "events"], altogether=10.0, sample=1, seed=1, visits=3)
    turns = every_line._turn_by_turn(wish, reached)
    got = []
    for role, place in (("sender", 0.5), ("events", 1.0), ("sender", 1.0), ("sender", 2.0)):
        name, asked = next(turns)
        got.append((name, asked.after, asked.until))
        reached[role] = place
    assert got == [("sender", 0.0, 1), ("events", 0.0, 1), ("sender", 0.5, 1), ("sender", 1.0, 2)]


def test_the_other_half_of_the_roles_goes_on_where_it_was_too() -> None:
    lanes = long._kills(10, [{"role": "sender", "database": "postgresql", "reached": 0.4}])
    reached = [json.loads(told(lane[0], "--after")) for lane in lanes]
    assert [each.get("sender") for each in reached] == [0, 0.4, None]
    assert sorted([*reached[1], *reached[2]]) == sorted(reached[0])


def test_races_and_storms_that_come_later_have_seeds_of_their_own_and_only_what_is_left_to_do() -> None:
    found = [{"database": "sqlite", "seed": 3, "trials": 48_000}]
    races = long._races(10, found)[0]
    assert [(told(each, "--seed"), told(each, "--trials")) for each in races] == [("4", "2000"), ("1", "50000")]
    storms = long._storms(30, found)
    assert [told(lane[0], "--seed") for lane in storms] == ["4", "1"]


def test_each_lane_goes_on_with_its_own_seeds() -> None:
    assert long._next_seeds([]) == [1, 100_000]
    assert long._next_seeds([{"last_seed": 7}, {"last_seed": 100_004}, {"failed": "orders"}]) == [8, 100_005]


def test_spreads_of_several_runs_can_be_added() -> None:
    both = spread.of([0.001] * 98) + spread.of([0.02, 0.3])
    assert spread.said(both) == "1.0 ms, 99 % within 20.0 ms, 99.9 % within 300.0 ms"
