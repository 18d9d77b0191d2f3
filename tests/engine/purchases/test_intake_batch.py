"""Many purchases come in at once: whom we know is locked only for a while."""

import pytest

from drip import db
from drip.engine.purchases import intake_batch, purchase_in
from drip.engine.purchases.intake import Recorded
from tests.engine.purchases import arriving
from tests.world import sending

MOST = 2


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_batch, "KNOWN_AT_ONCE", MOST)


def bought(*buyers: str, order: str = "") -> list[purchase_in.PurchaseIn]:
    return [arriving.came(f"{who}{order}", customer={"email": f"{who}@buyers.example"}) for who in buyers]


def record(database: db.Database, purchases: list[purchase_in.PurchaseIn]) -> list[Recorded]:
    return intake_batch.record(database, purchases, key=arriving.KEY)


def test_results_stand_in_the_order_of_the_purchases(published_world: db.Database) -> None:
    record(published_world, bought("ana", "ben", "eve"))
    late = arriving.came("later", purchased_at=arriving.days_ago(-9), customer={"email": "ben@buyers.example"})
    mixed = [*bought("new1", "ana", "new2", "eve"), late, *bought("ana", order="2")]
    results = record(published_world, mixed)
    assert arriving.statuses(results) == ["created", "unchanged", "created", "unchanged", "rejected", "created"]
    customers = arriving.customers(published_world)
    whose = [customers[came.customer.email].id for came in mixed if came is not late]
    assert [each.customer_id for each in results if each.customer_id] == whose


def test_of_two_who_claim_one_order_the_first_wins_whoever_is_known(published_world: db.Database) -> None:
    record(published_world, bought("ana", "ben"))
    claims = [arriving.came("X", customer={"email": f"{who}@buyers.example"}) for who in ("ana", "new")]
    others = [arriving.came("Y", customer={"email": f"{who}@buyers.example"}) for who in ("new", "ben")]
    assert arriving.statuses(record(published_world, claims + others)) == ["created", "conflict"] * 2


def test_nobody_we_know_is_locked_for_longer_than_a_few_take(published_world: db.Database) -> None:
    everybody = bought("ana", "ben", "eve", "joe", "kim")
    for expected in (0, 3):  # strangers first, whom nobody else sees; then the same as people whom we know
        with sending.statements(published_world) as said:
            record(published_world, everybody)
        locks = [each for each in said if "FROM customers" in each and "FOR NO KEY UPDATE" in each]
        turns = [each for each in said if each == "BEGIN IMMEDIATE"]
        assert (len(turns) == max(expected, 1)) if published_world.is_sqlite else (len(locks) == expected)


def test_nothing_is_recorded_of_nothing(published_world: db.Database) -> None:
    with sending.statements(published_world) as said:
        assert record(published_world, []) == []
    assert said == []
