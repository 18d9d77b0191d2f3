"""What customers wrote, for programs, page by page."""

from fastapi import APIRouter, Request
from sqlalchemy import select

from drip.models.customer import Customer
from drip.models.reply import Reply, ReplyKind
from drip.web import access, house
from drip.web.api import cursors, talk

router = APIRouter(prefix="/api", tags=["conversations"])


@router.get("/replies")
@access.programs
def replies(
    request: Request,
    customer: talk.Address = None,
    kind: ReplyKind | None = None,
    cursor: str | None = None,
    limit: talk.Limit = 100,
) -> talk.Replies:
    """Every mail that was matched to a customer and understood, in the order in which it was read."""
    rows = select(Reply, Customer.email).join(Customer, Customer.id == Reply.customer_id).order_by(Reply.id)
    rows = rows.where(Customer.email == customer.strip().lower()) if customer else rows
    rows = rows.where(Reply.kind == kind) if kind else rows
    after = cursors.number(cursor)
    rows = rows.where(Reply.id > after) if after else rows
    with house.of(request).look() as session:
        found = session.execute(rows.limit(limit + 1)).all()
    items = [talk.reply(row, email) for row, email in found[:limit]]
    return talk.Replies(items=items, cursor=cursors.after(items[-1].id) if len(found) > limit else None)
