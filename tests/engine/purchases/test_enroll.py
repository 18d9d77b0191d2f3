"""Purchases start to walk their campaigns, and stop."""

import pytest
from sqlalchemy import select, update

from drip import db
from drip.engine.purchases import enroll
from drip.engine.sending import due
from drip.models.campaign import Campaign, CampaignState
from drip.models.enrollment import Enrollment
from drip.models.message import MessageKind
from drip.models.purchase import Purchase
from drip.models.reasons import Reason
from tests import world
from tests.engine.purchases import arriving
from tests.engine.purchases.arriving import Walk, came, days_ago, record, walks

HELMET = {"name": "Shell", "category": "helmet"}


def standing(database: db.Database) -> list[tuple[str, str, str | None]]:
    return [(walk.order, walk.state, walk.reason) for walk in walks(database)]


def set_policy(database: db.Database, policy: str) -> None:
    """Publish the world again with another `repeat_purchase` for its campaign "ride"."""
    from drip.campaigns import publish

    house = world.house()
    ride = house.campaigns[0].model_copy(update={"repeat_purchase": policy})
    changed = house.model_copy(update={"campaigns": (ride, *house.campaigns[1:])})
    with database.write() as session:
        publish.publish(session, changed, by="tests")


def claim(database: db.Database) -> None:
    with database.write() as session:
        assert due.claim(session, 10, 30, [MessageKind.check_in])


# Where a walk begins


def test_days_count_from_the_handover_if_the_campaign_says_so(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(20), delivered_at=days_ago(0)))
    assert walks(published_world) == [Walk("ride", "A1", "active", None, "hello", "2026-09-02 09:00")]


def test_days_count_from_the_sale_while_the_handover_is_not_known(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(0)))
    assert walks(published_world) == [Walk("ride", "A1", "active", None, "hello", "2026-09-02 09:00")]


def test_days_count_from_the_sale_if_the_campaign_says_so(published_world: db.Database) -> None:
    record(published_world, came(product=HELMET, purchased_at=days_ago(10), delivered_at=days_ago(0)))
    assert walks(published_world) == [Walk("care", "A1", "active", None, "checkup", "2026-09-21 09:00")]


def test_days_gone_by_are_not_made_up_for(published_world: db.Database) -> None:
    record(published_world, came(purchased_at=days_ago(100)))
    assert [(walk.next_step, walk.planned) for walk in walks(published_world)] == [("year", "2027-05-24 09:00")]
    assert arriving.messages(published_world) == []


def test_where_all_days_have_gone_by_the_walk_is_over_at_once(published_world: db.Database) -> None:
    [result] = record(published_world, came(purchased_at=days_ago(900)))
    assert result.enrolled == ()
    assert result.detail == "Not accompanied: all days of its campaign have gone by."
    assert walks(published_world) == [Walk("ride", "A1", "completed", "before_first_step", None, None)]
    assert arriving.messages(published_world) == []


def test_a_purchase_walks_every_campaign_that_fits(published_world: db.Database) -> None:
    house = world.house()
    care = house.campaigns[1].model_copy(update={"match": house.campaigns[0].match})
    from drip.campaigns import publish

    with published_world.write() as session:
        changed = house.model_copy(update={"campaigns": (house.campaigns[0], care)})
        publish.publish(session, changed, by="tests")
    [result] = record(published_world, came())
    assert result.enrolled == ("ride", "care")


def test_a_paused_campaign_takes_nobody_in(published_world: db.Database) -> None:
    with published_world.write() as session:
        session.execute(update(Campaign).values(state=CampaignState.paused))
    assert record(published_world, came())[0].enrolled == ()


def test_a_purchase_follows_the_newest_version(published_world: db.Database) -> None:
    record(published_world, came("A1", product=HELMET))
    set_policy(published_world, "both")
    record(published_world, came("A2"))
    with published_world.read() as session:
        pinned = select(Campaign.name, Enrollment.version_id).join(Campaign, Campaign.id == Enrollment.campaign_id)
        versions = {row.name: row.version_id for row in session.execute(pinned)}
        newest = {version.campaign.name: version.id for version in enroll.newest_versions(session)}
    assert versions == newest


def test_a_category_learned_later_enrolls_then(published_world: db.Database) -> None:
    record(published_world, came(product={"category": None}))
    [result] = record(published_world, came())
    assert (result.status, result.enrolled) == ("updated", ("ride",))


# Who buys again

OLD, NEW = came("OLD", purchased_at=days_ago(2)), came("NEW", purchased_at=days_ago(1))
SUPERSEDED = ("OLD", "exited", "superseded")


@pytest.mark.parametrize("calls", [[[OLD], [NEW]], [[NEW], [OLD]], [[OLD, NEW]], [[NEW, OLD]], [[OLD], [NEW], [OLD]]])
def test_only_the_newest_purchase_walks_in_whatever_order_they_arrive(
    published_world: db.Database, calls: list[list[object]]
) -> None:
    for call in calls:
        record(published_world, *call)  # type: ignore[arg-type]
    assert standing(published_world) == [("NEW", "active", None), SUPERSEDED]


def test_a_superseded_walk_takes_its_waiting_message_along(published_world: db.Database) -> None:
    record(published_world, OLD._replace(delivered_at=NEW.purchased_at))
    claim(published_world)
    record(published_world, NEW)
    assert arriving.messages(published_world) == [("hello", "cancelled", "superseded")]


def test_a_newer_purchase_that_was_refunded_supersedes_nothing(published_world: db.Database) -> None:
    record(published_world, NEW)
    record(published_world, came("NEW", purchased_at=days_ago(1), status="refunded"))
    record(published_world, OLD)
    assert standing(published_world) == [("NEW", "exited", "refunded"), ("OLD", "active", None)]


@pytest.mark.parametrize("calls", [[[OLD], [NEW]], [[NEW], [OLD]], [[OLD, NEW]]])
def test_both_walk_where_the_campaign_says_both(published_world: db.Database, calls: list[list[object]]) -> None:
    set_policy(published_world, "both")
    for call in calls:
        record(published_world, *call)  # type: ignore[arg-type]
    assert standing(published_world) == [("NEW", "active", None), ("OLD", "active", None)]


@pytest.mark.parametrize("calls", [[[OLD], [NEW]], [[OLD, NEW]], [[NEW, OLD]]])
def test_only_the_first_walks_where_the_campaign_says_first(
    published_world: db.Database, calls: list[list[object]]
) -> None:
    set_policy(published_world, "first")
    for call in calls:
        record(published_world, *call)  # type: ignore[arg-type]
    assert standing(published_world) == [("OLD", "active", None)]


# The end


def test_a_refund_cancels_what_is_claimed_and_fences_its_worker_off(published_world: db.Database) -> None:
    record(published_world, came())
    claim(published_world)
    record(published_world, came(status="refunded"))
    assert arriving.messages(published_world) == [("hello", "cancelled", "refunded")]


def test_stop_ends_what_a_purchase_walks_and_raises_the_customers_version(published_world: db.Database) -> None:
    record(published_world, came(), came("B1", customer={"email": "ben@buyers.example"}))
    before = arriving.customers(published_world)
    with published_world.write() as session:
        ids = session.scalars(select(Purchase.id).where(Purchase.external_id == "A1")).all()
        assert enroll.stop(session, ids, Reason.manual, world.START) == 1
        assert enroll.stop(session, ids, Reason.refunded, world.START) == 0
    assert standing(published_world) == [("A1", "exited", "manual"), ("B1", "active", None)]
    after = arriving.customers(published_world)
    assert after["ana@buyers.example"].version > before["ana@buyers.example"].version
    assert after["ben@buyers.example"].version == before["ben@buyers.example"].version
