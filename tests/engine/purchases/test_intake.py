"""Purchases come in."""

from datetime import timedelta

import pytest

from drip import db, tokens
from drip.campaigns import published
from drip.engine.people import suppress
from drip.models.reasons import Reason
from drip.models.suppression import Suppression
from tests import world
from tests.engine.purchases import arriving
from tests.engine.purchases.arriving import came, days_ago, record, statuses, walks

HELLO = ("ride", "A1", "active", None, "hello", "2026-09-01 09:00")


def test_a_purchase_is_recorded_and_enrolled_in_the_campaign_that_it_fits(published_world: db.Database) -> None:
    [result] = record(published_world, came(delivered_at=arriving.YESTERDAY))
    assert (result.status, result.enrolled, result.detail) == ("created", ("ride",), "")
    assert walks(published_world) == [HELLO]


def test_a_purchase_that_no_campaign_is_for_is_kept(published_world: db.Database) -> None:
    [result] = record(published_world, came(product={"category": "lamp"}))
    assert (result.status, result.enrolled) == ("created", ())
    assert walks(published_world) == []
    assert list(arriving.purchases(published_world)) == ["A1"]


def test_the_same_purchase_again_changes_nothing(published_world: db.Database) -> None:
    first = record(published_world, came())
    before = arriving.customers(published_world)["ana@buyers.example"].version
    again = record(published_world, came())
    assert statuses(first + again) == ["created", "unchanged"]
    assert again[0].purchase_id == first[0].purchase_id
    assert again[0].enrolled == ()
    assert walks(published_world) == [HELLO]
    assert arriving.customers(published_world)["ana@buyers.example"].version == before


def test_the_same_purchase_a_hundred_times_in_one_call_is_one_purchase(published_world: db.Database) -> None:
    results = record(published_world, *[came()] * 100)
    assert statuses(results) == ["created"] + ["unchanged"] * 99
    assert walks(published_world) == [HELLO]


def test_upper_and_lower_case_of_an_address_are_one_customer(published_world: db.Database) -> None:
    record(published_world, came("A1"), came("A2", customer={"email": "ANA@Buyers.Example"}))
    assert list(arriving.customers(published_world)) == ["ana@buyers.example"]


@pytest.mark.parametrize(
    "news",
    [
        {"customer": {"first_name": "Anna"}},
        {"rep_email": "rita@quay.example"},
        {"delivered_at": days_ago(0.5)},
        {"promises": [{"text": "a bell", "due_on": "2026-09-30"}]},
        {"amount": "12.50"},
        {"status": "refunded"},
    ],
)
def test_news_about_a_purchase_update_it_once(published_world: db.Database, news: dict[str, object]) -> None:
    record(published_world, came())
    before = arriving.customers(published_world)["ana@buyers.example"].version
    assert statuses(record(published_world, came(**news))) == ["updated"]
    assert arriving.customers(published_world)["ana@buyers.example"].version > before
    assert statuses(record(published_world, came(**news))) == ["unchanged"]


@pytest.mark.parametrize(
    "other",
    [
        {"customer": {"email": "ben@buyers.example"}},
        {"purchased_at": days_ago(3)},
        {"product": {"name": "Another bicycle"}},
    ],
)
def test_another_address_time_or_product_is_a_conflict_and_writes_nothing(
    published_world: db.Database, other: dict[str, object]
) -> None:
    record(published_world, came())
    [result] = record(published_world, came(amount=5, **other))
    assert result.status == "conflict"
    assert "This purchase is recorded" in result.detail
    assert arriving.purchases(published_world)["A1"].amount is None
    assert list(arriving.customers(published_world)) == ["ana@buyers.example"]


def test_an_order_that_two_addresses_claim_in_one_call_belongs_to_the_first(published_world: db.Database) -> None:
    results = record(published_world, came(), came(customer={"email": "ben@buyers.example"}))
    assert statuses(results) == ["created", "conflict"]
    assert list(arriving.customers(published_world)) == ["ana@buyers.example"]


def test_older_news_are_ignored(published_world: db.Database) -> None:
    record(published_world, came(source_updated_at="2026-08-31T12:00:00Z", amount=20))
    older = came(source_updated_at="2026-08-31T11:00:00Z", amount=10, customer={"first_name": "Old"})
    assert statuses(record(published_world, older)) == ["unchanged"]
    assert str(arriving.purchases(published_world)["A1"].amount) == "20.00"
    assert arriving.customers(published_world)["ana@buyers.example"].first_name == "Ana"


def test_what_a_later_record_leaves_out_stays_known(published_world: db.Database) -> None:
    record(published_world, came(amount=20, rep_email="rita@quay.example", delivered_at=days_ago(0.5)))
    assert statuses(record(published_world, came(customer={"first_name": ""}))) == ["unchanged"]
    kept = arriving.purchases(published_world)["A1"]
    assert (str(kept.amount), kept.rep_email) == ("20.00", "rita@quay.example")


def test_a_name_changes_with_the_newest_purchase_only(published_world: db.Database) -> None:
    newer = came("NEW", purchased_at=days_ago(1), customer={"first_name": "Anna", "country": "US"})
    older = came("OLD", purchased_at=days_ago(9), customer={"first_name": "A.", "locale": "en-US"})
    for order in ((newer, older), (older, newer), (newer, older, newer, older)):
        record(published_world, *order)
        ana = arriving.customers(published_world)["ana@buyers.example"]
        assert (ana.first_name, ana.country, ana.locale) == ("Anna", "US", "en-US")


def test_a_rep_whom_we_do_not_have_is_named(published_world: db.Database) -> None:
    [result] = record(published_world, came(rep_email="nobody@quay.example"))
    assert result.status == "created"
    assert result.detail == "nobody@quay.example is not one of our reps; the first one stands in."


# Refunds and cancellations


def test_a_refund_that_arrives_first_is_kept_and_nothing_is_enrolled(published_world: db.Database) -> None:
    record(published_world, came(status="refunded"))
    [paid] = record(published_world, came(status="paid"))
    assert (paid.status, paid.enrolled, paid.detail) == ("unchanged", (), "It stays refunded.")
    assert walks(published_world) == []


def test_a_refund_before_its_purchase_in_one_call_stops_it_too(published_world: db.Database) -> None:
    record(published_world, came(status="refunded"), came(status="paid", amount=12))
    assert walks(published_world) == []


@pytest.mark.parametrize(("status", "reason"), [("refunded", "refunded"), ("cancelled", "cancelled_purchase")])
def test_a_refund_or_cancellation_ends_the_walk(published_world: db.Database, status: str, reason: str) -> None:
    record(published_world, came())
    assert statuses(record(published_world, came(status=status))) == ["updated"]
    assert [walk[2:4] for walk in walks(published_world)] == [("exited", reason)]


def test_a_purchase_refunded_before_and_paid_again_later_is_enrolled_if_it_never_was(
    published_world: db.Database,
) -> None:
    record(published_world, came(status="refunded", source_updated_at="2026-08-31T12:00:00Z"))
    [paid] = record(published_world, came(status="paid", source_updated_at="2026-08-31T13:00:00Z"))
    assert (paid.status, paid.enrolled) == ("updated", ("ride",))


def test_a_walk_that_a_refund_ended_does_not_start_again(published_world: db.Database) -> None:
    record(published_world, came(source_updated_at="2026-08-31T12:00:00Z"))
    record(published_world, came(status="refunded", source_updated_at="2026-08-31T13:00:00Z"))
    [paid] = record(published_world, came(status="paid", source_updated_at="2026-08-31T14:00:00Z"))
    assert (paid.status, paid.enrolled) == ("updated", ())
    assert [walk[2:4] for walk in walks(published_world)] == [("exited", "refunded")]


# People who must not be written to


def test_a_suppressed_address_is_recorded_but_not_enrolled(published_world: db.Database) -> None:
    hashed = tokens.fingerprint(arriving.KEY, "ana@buyers.example")
    with published_world.write() as session:
        session.add(Suppression(address_hash=hashed, reason=Reason.complained, since=world.START))
    [result] = record(published_world, came())
    assert (result.status, result.enrolled) == ("created", ())
    assert "must not write to this customer (complained)" in result.detail
    assert walks(published_world) == []


def test_somebody_who_unsubscribed_is_not_enrolled_by_a_second_purchase(published_world: db.Database) -> None:
    [first] = record(published_world, came())
    with published_world.write() as session:
        assert first.customer_id is not None
        suppress.suppress(session, first.customer_id, suppress.Stop(Reason.unsubscribed), arriving.KEY)
    [second] = record(published_world, came("A2", purchased_at=days_ago(0.5)))
    assert second.enrolled == ()
    assert [walk[1:4] for walk in walks(published_world)] == [("A1", "exited", "unsubscribed")]


# Times


def test_a_time_without_offset_is_on_the_customers_clock(published_world: db.Database) -> None:
    tokyo = {"email": "chidi@buyers.example", "timezone": "Asia/Tokyo"}
    record(published_world, came(purchased_at="2026-08-31T08:00", customer=tokyo))
    assert f"{arriving.purchases(published_world)['A1'].purchased_at:%Y-%m-%d %H:%M}" == "2026-08-30 23:00"


def test_a_date_without_time_is_noon_where_the_customer_lives(published_world: db.Database) -> None:
    record(published_world, came(purchased_at="2026-08-31"))
    assert f"{arriving.purchases(published_world)['A1'].purchased_at:%Y-%m-%d %H:%M}" == "2026-08-31 16:00"


def test_a_customer_who_moved_is_no_conflict_for_a_date_without_time(published_world: db.Database) -> None:
    record(published_world, came(purchased_at="2026-08-31"))
    moved = came(purchased_at="2026-08-31", customer={"timezone": "Asia/Tokyo"})
    assert statuses(record(published_world, moved)) == ["updated"]
    assert statuses(record(published_world, moved)) == ["unchanged"]


def test_a_purchase_of_next_week_is_rejected(published_world: db.Database) -> None:
    [result] = record(published_world, came(purchased_at=days_ago(-7)))
    assert result.status == "rejected"
    assert "in the future" in result.detail
    assert arriving.customers(published_world) == {}


def test_a_delivery_long_before_the_sale_is_rejected(published_world: db.Database) -> None:
    [result] = record(published_world, came(delivered_at=days_ago(5)))
    assert result.status == "rejected"
    assert "is before purchased_at" in result.detail


def test_one_bad_purchase_does_not_keep_the_good_ones_out(published_world: db.Database) -> None:
    ben = came("B1", customer={"email": "ben@buyers.example"})
    results = record(published_world, came(purchased_at=days_ago(-7)), ben)
    assert statuses(results) == ["rejected", "created"]


def test_nothing_is_recorded_before_a_campaign_is_published(database: db.Database) -> None:
    with pytest.raises(published.NothingPublishedError):
        record(database, came())


def test_five_hundred_purchases_of_many_people_are_recorded_in_one_call(published_world: db.Database) -> None:
    rows = [
        came(f"N{n}", customer={"email": f"n{n % 200}@buyers.example"}, purchased_at=days_ago(n / 10 + 1))
        for n in range(500)
    ]
    assert set(statuses(record(published_world, *rows))) == {"created"}
    assert len(arriving.customers(published_world)) == 200
    assert sum(walk.state == "active" for walk in walks(published_world)) == 200
    assert timedelta(0) < world.START - arriving.purchases(published_world)["N0"].purchased_at
