"""The model of a message's life, in every order; and that it is the product's life and not another."""

import pytest

from drip.models.message import MessageState
from tests.faults import model, model_arrows, model_table


@pytest.mark.parametrize(("senders", "mails"), [(3, 1), (1, 2)])
def test_every_order_of_steps_deaths_and_stops_keeps_the_promises(senders: int, mails: int) -> None:
    found = model.explore(model_table.begin(senders, mails))
    assert (found.story, found.states > 4000) == ((), True)


def test_the_model_knows_the_states_of_the_product() -> None:
    ends = {state for arrow in model_arrows.ARROWS for state in (arrow.start, arrow.end)}
    assert ends | model_table.UNUSED == set(MessageState)


def test_every_arrow_of_the_table_is_taken() -> None:
    assert model_table.ALLOWED - model.explore(model_table.begin(2, 1)).taken == set()


@pytest.mark.parametrize("mistake", model.MISTAKES[:4])
def test_each_shortcut_leads_to_a_duplicate(mistake: str) -> None:
    story = model.explore(model_table.begin(2, 1), model.twice, frozenset({mistake})).story
    assert story[-1] == "BREACH: The provider has accepted two requests with one id."


def test_a_stop_that_only_the_claim_looks_at_comes_too_late() -> None:
    story = model.explore(model_table.begin(1, 1), model.crossed, frozenset({"stop checked at claim only"})).story
    assert story[-1] == "BREACH: A check-in was handed while the customer was held."


def test_a_cap_that_is_counted_outside_the_gate_is_not_kept() -> None:
    story = model.explore(model_table.begin(2, 2), model.too_many, frozenset({"cap outside the gate"})).story
    assert story[-1] == "BREACH: Two check-ins are out on one day."
