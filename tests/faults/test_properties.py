"""People and machines in any order; `python -m tests.faults.properties` plays many more of the stories."""

from hypothesis import HealthCheck, given, settings, strategies

from drip import config, db
from tests.faults import orders, properties


def test_no_order_of_orders_edits_pauses_and_answers_sends_a_step_twice() -> None:
    """The promises are asserted after every step, by the invariants of properties.Months; the mutant "no UNIQUE" in
    test_mutants.py shows that they can fail."""
    properties.play(examples=15, steps=20)


@given(came=orders.news, data=strategies.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_events_and_answers_come_to_the_same_end_in_any_order_and_number(
    published_world: db.Database, settings: config.Settings, came: list[orders.News], data: strategies.DataObject
) -> None:
    orders.compare(published_world, settings, came, data)
