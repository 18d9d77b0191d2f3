"""Many who record at the same time: the database decides, and nobody waits in a ring."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from drip import db
from drip.engine.purchases import intake, purchase_in
from tests.engine.purchases import arriving
from tests.engine.purchases.arriving import came, days_ago, record, walks

AT_ONCE = 12


def record_all(database: db.Database, calls: list[list[purchase_in.PurchaseIn]]) -> list[list[intake.Recorded]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda call: record(database, *call), calls))


def test_the_same_purchase_a_hundred_times_at_once_is_one_purchase(published_world: db.Database) -> None:
    results = record_all(published_world, [[came(amount=5)] for _ in range(100)])
    assert Counter(result.status.value for [result] in results) == {"created": 1, "unchanged": 99}
    assert [walk.state for walk in walks(published_world)] == ["active"]


def test_calls_that_overlap_in_any_order_end_alike(published_world: db.Database) -> None:
    rows = [
        came(f"N{n}", purchased_at=days_ago(1 + n / 50), customer={"email": f"n{n % 9}@buyers.example"})
        for n in range(40)
    ]
    shuffled = [random.Random(seed).sample(rows, len(rows)) for seed in range(24)]
    results = record_all(published_world, shuffled)
    assert Counter(each.status.value for call in results for each in call)["created"] == 40
    active = sorted(walk.order for walk in walks(published_world) if walk.state == "active")
    assert active == sorted(f"N{n}" for n in range(9))


def test_a_purchase_and_its_refund_at_once_end_in_no_walk(published_world: db.Database) -> None:
    calls = [[came(status="refunded")], [came()]] * 10
    record_all(published_world, calls)
    assert [walk.state for walk in walks(published_world)] in ([], ["exited"])


def test_an_order_that_two_addresses_claim_at_once_belongs_to_one(published_world: db.Database) -> None:
    emails = [f"n{n}@buyers.example" for n in range(10)]
    calls = [[came(customer={"email": email}), came(f"own {email}", customer={"email": email})] for email in emails]
    results = record_all(published_world, calls)
    assert Counter(each.status.value for call in results for each in call) == {"created": 11, "conflict": 9}
    owner = next(call[0].customer_id for call in results if call[0].status == "created")
    assert arriving.purchases(published_world)["A1"].customer_id == owner
