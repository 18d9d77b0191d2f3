"""Conversations, for programs: list, claim, answer, resolve."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from drip import tokens
from drip.engine.handoffs import answer, hand_off, resolve
from drip.models.customer import Customer
from drip.models.handoff import Handoff, HandoffState, Resolution
from drip.models.rep import Rep
from drip.models.reply import Reply
from drip.models.user import ApiKey
from drip.web import access, house
from drip.web.api import cursors, talk
from drip.web.reading import conversation

router = APIRouter(prefix="/api", tags=["conversations"])
Version = Annotated[str | None, Header(alias="If-Match", max_length=40)]


class AnswerIn(BaseModel):
    """`draft_id` names this answer: sent twice, it is one mail. `for_step`: it stands for the next check-in."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=answer.LONGEST)
    draft_id: str | None = Field(None, pattern=r"^[0-9A-Za-z_-]{1,60}$")
    subject: str = Field("", max_length=300)
    for_step: bool = False
    confirmed: bool = False


class ResolveIn(BaseModel):
    """What the campaigns do next; `on` goes with `resume_on`."""

    model_config = ConfigDict(extra="forbid")

    resolution: Resolution
    on: date | None = None


@router.get("/handoffs")
@access.programs
def handoffs(
    request: Request,
    state: HandoffState | None = None,
    rep: talk.Address = None,
    customer: talk.Address = None,
    cursor: str | None = None,
    limit: talk.Limit = 100,
) -> talk.Handoffs:
    """Every conversation that was ever in a person's hands, the oldest first; `rep` is the address of one."""
    rows = _all().order_by(Handoff.id)
    rows = rows.where(Handoff.state == state) if state else rows
    rows = rows.where(Rep.email == rep.strip().lower()) if rep else rows
    rows = rows.where(Customer.email == customer.strip().lower()) if customer else rows
    after = cursors.number(cursor)
    rows = rows.where(Handoff.id > after) if after else rows
    with house.of(request).look() as session:
        found = session.execute(rows.limit(limit + 1)).all()
    items = [talk.handoff(*row) for row in found[:limit]]
    return talk.Handoffs(items=items, cursor=cursors.after(items[-1].id) if len(found) > limit else None)


@router.post("/handoffs/{handoff_id}/claim", responses={409: {"model": talk.Changed}})
@access.programs
def claim(request: Request, handoff_id: int) -> Response:
    """One has it, of any number who try at once. 409: somebody else has."""
    try:
        with house.of(request).database.write() as session:
            _known(session, handoff_id)
            hand_off.claim(session, handoff_id, _actor(session, request))
    except hand_off.TakenError as error:
        return _changed(request, handoff_id, str(error))
    return _told(request, handoff_id)


@router.post("/handoffs/{handoff_id}/answer", status_code=202, responses={202: {"model": talk.Answered},
             409: {"model": talk.Changed}, 428: {"description": "Say which version you have read."}})  # fmt: skip
@access.programs
def say(request: Request, handoff_id: int, given: AnswerIn, if_match: Version = None) -> Response:
    """Queue an answer. `If-Match` is the `version` of the conversation that you have read; 409 tells what is new."""
    words = _words(given, _version(if_match))

    def said(session: Session) -> talk.Answered:
        row = _known(session, handoff_id)
        if not words.confirmed and conversation.stopped(session, row.customer_id, house.of(request).key):
            raise HTTPException(422, "They asked us to stop. Send `confirmed` if a person answers all the same.")
        message_id = answer.answer(session, handoff_id, words, _actor(session, request))
        return talk.Answered(message=message_id, version=row.version)

    try:
        answered = house.of(request).database.carry_through(said)
    except (answer.ChangedError, hand_off.TakenError) as error:
        return _changed(request, handoff_id, str(error))
    except answer.EmptyAnswerError as error:
        raise HTTPException(422, str(error)) from None
    return JSONResponse(answered.model_dump(), 202)


@router.post("/handoffs/{handoff_id}/resolve", response_model=talk.HandoffOut, responses={409: {"model": talk.Changed}})
@access.programs
def decide(request: Request, handoff_id: int, given: ResolveIn, if_match: Version = None) -> Response:
    """Close it; once or ten times is the same, and the first decision counts. With `If-Match`, the `version` that you
    have read, nothing is closed that has changed since: 409 tells what is new."""
    try:
        with house.of(request).database.write() as session:
            _known(session, handoff_id)
            if if_match is not None:
                answer.check_seen(session, handoff_id, _version(if_match))
            resolve.resolve(session, handoff_id, given.resolution, given.on, _actor(session, request))
    except answer.ChangedError as error:
        return _changed(request, handoff_id, str(error))
    except resolve.UnansweredDateError as error:
        raise HTTPException(422, str(error)) from None
    return _told(request, handoff_id)


def _all() -> Select[Handoff, str, str]:
    rows = select(Handoff, Customer.email, Rep.email).join(Customer, Customer.id == Handoff.customer_id)
    return rows.join(Rep, Rep.id == Handoff.rep_id)


def _known(session: Session, handoff_id: int) -> Handoff:
    found = session.get(Handoff, handoff_id) if 0 < handoff_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such conversation.")
    return found


def _actor(session: Session, request: Request) -> str:
    """A program acts under the hint of its key."""
    return f"key {session.get_one(ApiKey, request.state.key_id).hint}"


def _words(given: AnswerIn, version: int) -> answer.Words:
    return answer.Words(
        text=conversation.clean(given.text),
        draft_id=given.draft_id or tokens.new_id(),
        version=version,
        subject=" ".join(conversation.clean(given.subject).split()),
        for_step=given.for_step,
        confirmed=given.confirmed,
    )


def _version(if_match: str | None) -> int:
    if if_match is None:
        raise HTTPException(428, "Send the version that you have read: `If-Match: 3`.")
    bare = if_match.strip().removeprefix("W/").strip('"')
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 10 else conversation.NO_VERSION


def _told(request: Request, handoff_id: int) -> Response:
    with house.of(request).look() as session:
        told = talk.handoff(*session.execute(_all().where(Handoff.id == handoff_id)).one())
    return JSONResponse(told.model_dump(mode="json"), headers={"ETag": f'"{told.version}"'})


def _changed(request: Request, handoff_id: int, said: str) -> Response:
    """What nobody has answered yet stands in `new`."""
    with house.of(request).look() as session:
        row = session.get_one(Handoff, handoff_id)
        email = session.scalars(select(Customer.email).where(Customer.id == row.customer_id)).one()
        mine = select(Reply).where(Reply.handoff_id == handoff_id).order_by(Reply.id)
        theirs = [each for each in session.scalars(mine) if not row.answered_at or each.received_at > row.answered_at]
    new = [talk.reply(each, email) for each in theirs]
    told = talk.Changed(error=said, version=row.version, state=row.state, claimed_by=row.claimed_by, new=new)
    return JSONResponse(told.model_dump(mode="json"), 409)
