"""What a shop says now against what is kept: the rule alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drip.engine.purchases import compare
from drip.engine.purchases.compare import Bought, Status
from drip.models.purchase import PurchaseStatus

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
STAMPS = st.none() | st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours))
KNOWN = Bought(customer_id=1, purchased_at=NOON, status=PurchaseStatus.paid, product_name="Quay 3", status_at=NOON)
TOLD = st.builds(
    lambda status, stamp, amount, sku: KNOWN._replace(status=status, source_updated_at=stamp, amount=amount, sku=sku),
    st.sampled_from(PurchaseStatus),
    STAMPS,
    st.none() | st.integers(1, 3),
    st.none() | st.just("Q3"),
)


@given(TOLD, TOLD)
def test_the_same_said_twice_is_news_once(kept: Bought, came: Bought) -> None:
    once = compare.compare(kept, came)
    again = compare.compare(once.kept, came)
    assert again.status is Status.unchanged
    assert again.kept == once.kept


@given(TOLD, TOLD)
def test_what_is_known_is_never_forgotten(kept: Bought, came: Bought) -> None:
    found = compare.compare(kept, came).kept
    for name in ("amount", "sku", "source_updated_at"):
        assert getattr(found, name) is not None or getattr(kept, name) is None


@given(TOLD, TOLD)
def test_only_a_newer_word_of_the_shop_revives_a_refund(kept: Bought, came: Bought) -> None:
    refunded = kept._replace(status=PurchaseStatus.refunded)
    found = compare.compare(refunded, came).kept
    if found.status is PurchaseStatus.paid:
        assert came.source_updated_at is not None
        assert came.source_updated_at > (kept.source_updated_at or NOON)


@given(TOLD)
def test_another_customer_is_a_conflict_whatever_else_is_said(came: Bought) -> None:
    found = compare.compare(KNOWN, came._replace(customer_id=2))
    assert (found.status, found.kept, found.is_heard) == (Status.conflict, KNOWN, False)


def test_a_wall_time_is_shown_somewhere_on_earth_for_twenty_six_hours() -> None:
    wall = NOON.replace(tzinfo=None)
    assert compare.shows(NOON - timedelta(hours=14), wall)
    assert compare.shows(NOON + timedelta(hours=12), wall)
    assert not compare.shows(NOON - timedelta(hours=15), wall)
    assert not compare.shows(NOON + timedelta(hours=13), wall)


def test_a_promise_told_again_without_its_date_keeps_it() -> None:
    kept = KNOWN._replace(promises={"a bell": NOON.date()})
    found = compare.compare(kept, KNOWN._replace(promises={"a bell": None, "a lock": None}))
    assert found.kept.promises == {"a bell": NOON.date(), "a lock": None}
