"""A short simulation; `python -m tests.faults.simulation --sends 1000000` is the long one."""

from tests.faults import simulation


def test_a_fortnight_among_failures_keeps_every_promise() -> None:
    report = simulation.run(seed=7, of=simulation.World(buyers=24, harm=5.0))
    assert report.breaches == []
    seen = {name for name in ("kills", "freezes", "stops", "ambiguous", "failed", "cancelled") if report.figures[name]}
    assert seen == {"kills", "freezes", "stops", "ambiguous", "failed", "cancelled"}


def test_the_same_seed_is_the_same_run() -> None:
    one, other = (simulation.run(seed=3, of=simulation.World(buyers=4, harm=5.0)) for _ in range(2))
    assert (one.digest, one.figures) == (other.digest, other.figures)
