"""Messages and enrollments, page by page."""

from datetime import datetime
from typing import Annotated, TypeVarTuple

from fastapi import APIRouter, Query, Request
from sqlalchemy import Select, select

from drip.campaigns import published
from drip.engine.telling import sentences
from drip.models.campaign import Campaign, CampaignVersion
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import Purchase
from drip.web import access, house
from drip.web.api import cursors, shapes

router = APIRouter(prefix="/api", tags=["ledger"])
Limit = Annotated[int, Query(ge=1, le=1000)]
Columns = TypeVarTuple("Columns")
Address = Annotated[str | None, Query(description="The customer's address.", max_length=254)]


@router.get("/messages")
@access.programs
def messages(
    request: Request,
    customer: Address = None,
    kind: MessageKind | None = None,
    state: MessageState | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> shapes.Messages:
    """Every mail that was sent, will be, or was decided against, in the order in which it was first written down."""
    rows = select(Message, Customer, Campaign.name).outerjoin(Customer, Customer.id == Message.customer_id)
    rows = rows.outerjoin(Campaign, Campaign.id == Message.campaign_id).order_by(Message.id)
    rows = _of_customer(rows, customer)
    rows = rows.where(Message.kind == kind) if kind else rows
    rows = rows.where(Message.state == state) if state else rows
    after = cursors.opened(cursor)
    rows = rows.where(Message.id > after) if after else rows
    with house.of(request).look() as session:
        rules = published.rules(session)
        found = session.execute(rows.limit(limit + 1)).all()
        items = [_message(rules, *row) for row in found[:limit]]
    return shapes.Messages(items=items, cursor=cursors.after(items[-1].id) if len(found) > limit else None)


@router.get("/enrollments")
@access.programs
def enrollments(
    request: Request,
    customer: Address = None,
    state: EnrollmentState | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> shapes.Enrollments:
    """Every purchase that walks or walked a campaign, the oldest enrollment first."""
    rows = (
        select(Enrollment, Customer.email, Campaign.name, CampaignVersion.number, Purchase)
        .join(Customer, Customer.id == Enrollment.customer_id)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .join(CampaignVersion, CampaignVersion.id == Enrollment.version_id)
        .join(Purchase, Purchase.id == Enrollment.purchase_id)
        .order_by(Enrollment.id)
    )
    rows = _of_customer(rows, customer)
    rows = rows.where(Enrollment.state == state) if state else rows
    after = cursors.number(cursor)
    rows = rows.where(Enrollment.id > after) if after else rows
    with house.of(request).look() as session:
        found = session.execute(rows.limit(limit + 1)).all()
        items = [_enrollment(*row) for row in found[:limit]]
    return shapes.Enrollments(items=items, cursor=cursors.after(items[-1].id) if len(found) > limit else None)


def _of_customer(rows: Select[*Columns], address: str | None) -> Select[*Columns]:
    return rows.where(Customer.email == address.strip().lower()) if address else rows


def _message(
    rules: published.Rules, row: Message, customer: Customer | None, campaign: str | None
) -> shapes.MessageOut:
    zone = rules.zone(customer.timezone, customer.country) if customer else rules.zone(None, None)
    at: datetime = row.handed_at or row.planned_at
    return shapes.MessageOut(
        id=row.id,
        kind=row.kind,
        customer=customer.email if customer else None,
        enrollment=row.enrollment_id,
        campaign=campaign,
        step=row.step,
        state=row.state,
        delivery=row.delivery,
        reason=row.reason,
        sentence=sentences.of_message(row, zone),
        planned_at=row.planned_at,
        handed_at=row.handed_at,
        local_time=at.astimezone(zone).isoformat(),
    )


def _enrollment(
    enrollment: Enrollment, email: str, campaign: str, number: int, purchase: Purchase
) -> shapes.EnrollmentOut:
    return shapes.EnrollmentOut(
        id=enrollment.id,
        customer=email,
        campaign=campaign,
        version=number,
        source=purchase.source,
        external_id=purchase.external_id,
        state=enrollment.state,
        reason=enrollment.reason,
        anchor_at=enrollment.anchor_at,
        next_step=enrollment.next_step,
        planned_at=enrollment.planned_at,
        next_due_at=enrollment.next_due_at,
        enrolled_at=enrollment.enrolled_at,
        ended_at=enrollment.ended_at,
    )
