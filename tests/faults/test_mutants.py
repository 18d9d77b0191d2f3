"""The harness sees known mistakes; `python -m tests.faults.mutants` hunts all of them, these are the quick ones."""

import pytest

from tests.faults import mutants
from tests.faults.mutants_hunters import Hunter, among_failures, among_people, for_duplicates

SLOW = frozenset({"synchronous_commit off", "resend after silence", "cap outside the gate", "breaker off",
                  "hold comes late"})  # fmt: skip
SIMULATED = (among_failures, among_people, for_duplicates)
QUICK = [mutant for mutant in mutants.MUTANTS if mutant.name not in SLOW]


@pytest.mark.xdist_group("mutants")
@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in QUICK])
def test_a_known_mistake_does_not_survive(mutant: mutants.Mutant) -> None:
    seen, _ = mutants.hunted(mutant)
    assert seen, mutant.broken


@pytest.mark.xdist_group("mutants")
@pytest.mark.parametrize("hunter", dict.fromkeys(each.hunter for each in QUICK if each.hunter not in SIMULATED))
def test_the_hunters_see_nothing_wrong_with_the_product(hunter: Hunter) -> None:
    """The simulation's own test is the control for those who hunt there."""
    assert mutants.control(hunter, 5.0) == ""
