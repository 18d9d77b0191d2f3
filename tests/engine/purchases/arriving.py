"""Purchases of the small world as a shop would send them, and what has become of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from drip import db
from drip.engine.purchases import intake, purchase_in
from drip.models.campaign import Campaign
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.message import Message
from drip.models.purchase import Purchase
from tests import world

KEY = b"a secret of the tests"
YESTERDAY = (world.START - timedelta(days=1)).isoformat()


class Walk(NamedTuple):
    campaign: str
    order: str
    state: str
    reason: str | None
    next_step: str | None
    planned: str | None  # New York wall clock, "2026-09-02 09:00"


def came(order: str = "A1", **facts: Any) -> purchase_in.PurchaseIn:
    """Ana's bicycle, bought and delivered yesterday; `ana="..."`-like facts of the customer go in `customer`."""
    product = {"name": "Quay 3", "category": "bike"} | facts.pop("product", {})
    customer = {"email": "ana@buyers.example", "first_name": "Ana", "timezone": "America/New_York"}
    known = {"source": "shop", "external_id": order, "purchased_at": YESTERDAY, "product": product}
    return purchase_in.parse(known | {"customer": customer | facts.pop("customer", {})} | facts)


def days_ago(days: float) -> str:
    return (world.START - timedelta(days=days)).isoformat()


def record(database: db.Database, *purchases: purchase_in.PurchaseIn) -> list[intake.Recorded]:
    with database.write() as session:
        return intake.record(session, purchases, key=KEY)


def statuses(results: Sequence[intake.Recorded]) -> list[str]:
    return [result.status.value for result in results]


def walks(database: db.Database) -> list[Walk]:
    """Every enrollment, by campaign and order."""
    columns = (Campaign.name, Purchase.external_id, Enrollment.state, Enrollment.reason, Enrollment.next_step)
    rows = (
        select(*columns, Enrollment.planned_at)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .join(Purchase, Purchase.id == Enrollment.purchase_id)
        .order_by(Campaign.name.desc(), Purchase.external_id)
    )
    with database.read() as session:
        return [Walk(*row[:5], _wall(row.planned_at)) for row in session.execute(rows)]


def customers(database: db.Database) -> dict[str, Customer]:
    with database.read() as session:
        found = {row.email: row for row in session.scalars(select(Customer))}
        session.expunge_all()
    return found


def purchases(database: db.Database) -> dict[str, Purchase]:
    with database.read() as session:
        found = {row.external_id: row for row in session.scalars(select(Purchase))}
        session.expunge_all()
    return found


def messages(database: db.Database) -> list[tuple[str, str, str | None]]:
    """Step, state and reason of every message."""
    with database.read() as session:
        rows = session.scalars(select(Message).order_by(Message.planned_at, Message.id))
        return [(row.step or "", row.state.value, row.reason) for row in rows]


def _wall(at: datetime | None) -> str | None:
    return at and f"{at.astimezone(world.NEW_YORK):%Y-%m-%d %H:%M}"
