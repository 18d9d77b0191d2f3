"""What customers wrote, for programs, page by page."""

from datetime import date

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from drip.engine.replies import correct
from drip.models import correction
from drip.models.customer import Customer
from drip.models.reply import Reply, ReplyKind
from drip.models.user import ApiKey
from drip.web import access, house
from drip.web.api import cursors, talk

router = APIRouter(prefix="/api", tags=["conversations"])


class KindIn(BaseModel):
    """What a reply is; `until` goes with `not_now` and `out_of_office`."""

    model_config = ConfigDict(extra="forbid")

    kind: ReplyKind
    until: date | None = None


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


@router.post("/replies/{reply_id}/kind")
@access.programs
def say_kind(request: Request, reply_id: int, given: KindIn) -> talk.ReplyOut:
    """A person has read it and says what it is; the policy of that kind follows. Said twice is once."""
    rooms = house.of(request)
    try:
        with rooms.database.write() as session:
            if not 0 < reply_id < 2**63 or session.get(Reply, reply_id) is None:
                raise HTTPException(404, "There is no such reply.")
            actor = f"key {session.get_one(ApiKey, request.state.key_id).hint}"
            correct.correct(session, reply_id, correct.Said(given.kind, given.until), actor, rooms.key)
    except correct.CorrectionError as error:
        raise HTTPException(422, str(error)) from None
    with rooms.look() as session:
        row = session.get_one(Reply, reply_id)
        return talk.reply(row, session.get_one(Customer, row.customer_id).email)


@router.get("/corrections")
@access.programs
def corrections(request: Request, cursor: str | None = None, limit: talk.Limit = 100) -> talk.Corrections:
    """What people read otherwise than we did, the newest first, with the words: for whoever tunes the rules."""
    with house.of(request).look() as session:
        found = correction.newest(session, limit + 1, before=cursors.number(cursor))
    items = [talk.correction(row, reply, who.email) for row, reply, who in found[:limit]]
    return talk.Corrections(items=items, cursor=cursors.after(items[-1].id) if len(found) > limit else None)
