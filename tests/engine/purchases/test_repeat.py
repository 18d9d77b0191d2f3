"""Who buys again: the rule alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drip.engine.purchases import repeat
from drip.engine.purchases.repeat import Decision, Newcomer, Walk

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def newcomer(number: int, days: int, *, left: bool = True) -> Newcomer:
    return Newcomer(number, (NOON + timedelta(days=days), number), left)


def walk(number: int, days: int, *, is_open: bool = True, is_paid: bool = True) -> Walk:
    return Walk(number, (NOON + timedelta(days=days), number), is_open, is_paid)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.randoms())
def test_the_newest_walks_whatever_the_order(days: list[int], random: object) -> None:
    arrivals = [newcomer(number, day) for number, day in enumerate(days)]
    newest = max(arrivals, key=lambda each: each.rank).purchase_id
    shuffled = sorted(arrivals, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert repeat.decide("newest", [], shuffled).walks == (newest,)
    there: list[Walk] = []
    for each in shuffled:
        found = repeat.decide("newest", there, [each])
        there = [Walk(w.enrollment_id, w.rank, w.is_open and w.enrollment_id not in found.ends, True) for w in there]
        there.append(Walk(each.purchase_id, each.rank, each.purchase_id in found.walks, True))
    assert [each.enrollment_id for each in there if each.is_open] == [newest]


def test_an_older_purchase_is_superseded_even_if_the_newer_walk_is_over() -> None:
    assert repeat.decide("newest", [walk(1, 5, is_open=False)], [newcomer(2, 1)]) == Decision(superseded=(2,))


def test_a_refunded_newer_purchase_supersedes_nothing() -> None:
    refunded = walk(1, 5, is_open=False, is_paid=False)
    assert repeat.decide("newest", [refunded], [newcomer(2, 1)]) == Decision(walks=(2,))


def test_both_means_all() -> None:
    assert repeat.decide("both", [walk(1, 5)], [newcomer(3, 2), newcomer(2, 1)]) == Decision(walks=(2, 3))


def test_first_leaves_the_later_out_while_one_walks() -> None:
    assert repeat.decide("first", [walk(1, 0)], [newcomer(2, 1)]) == Decision()
    assert repeat.decide("first", [], [newcomer(3, 2), newcomer(2, 1)]) == Decision(walks=(2,))


def test_first_passes_over_a_purchase_without_days_left() -> None:
    found = repeat.decide("first", [], [newcomer(1, 0, left=False), newcomer(2, 1), newcomer(3, 2)])
    assert found == Decision(walks=(1, 2))
