"""Mail that nobody could be found for, or that could not be read: a person matches it, answers it or lets it go."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask

from drip import queues
from drip.engine.handoffs import hand_off
from drip.engine.replies import by_hand
from drip.models import inbound
from drip.models.customer import Customer
from drip.models.inbound import InboundMail, InboundState
from drip.models.reply import Reply
from drip.web import access, handoffs, house, pages, webhooks
from drip.web.reading import people, raw_mail

router = APIRouter(prefix="/unmatched", include_in_schema=False)
MOST = 100
FOUND = 12
GONE = "Somebody has dealt with this mail already."
GONE_ASTRAY = "There is no such mail."


@router.get("")
@access.people(*access.EVERYBODY)
def show_all(request: Request, state: str = "") -> Response:
    """Those that wait for a person, the oldest first; or those that were let go, the newest first."""
    let_go = state == InboundState.discarded
    which = InboundMail.state == InboundState.discarded if let_go else inbound.for_people()
    order = InboundMail.id.desc() if let_go else InboundMail.id
    with house.of(request).look() as session:
        rows = session.scalars(select(InboundMail).where(which).order_by(order).limit(MOST)).all()
    return pages.page(request, "unmatched.html", rows=rows, let_go=let_go)


@router.get("/{inbound_id}")
@access.people(*access.EVERYBODY)
def show(request: Request, inbound_id: int, q: str = "") -> Response:
    """Its words and the headers that matter; whose it may be."""
    asked = q.replace("\0", "").strip()[:100]
    with house.of(request).look() as session:
        row = raw_mail.of(session, inbound_id)
        found = session.scalars(select(Customer).where(people.called(asked)).limit(FOUND)).all() if asked else []
    if row is None:
        raise HTTPException(404, GONE_ASTRAY)
    if pages.is_part(request):
        return pages.page(request, "part_whose.html", mail=row, found=found, q=asked)
    seen = raw_mail.seen(row)
    writer = by_hand.writer_of(row, "", seen.read.from_address if seen.read else None)[1]
    with house.of(request).look() as session:
        found = found or session.scalars(select(Customer).where(Customer.email == writer)).all()
        talk = people.talk(session, row.customer_id) if row.customer_id is not None else None
        reply_id = session.scalar(select(Reply.id).where(Reply.inbound_id == row.id))
    return pages.page(request, "inbound.html", mail=row, seen=seen, found=found, q=asked, writer=writer, talk=talk,
                      reply_id=reply_id)  # fmt: skip


@router.post("/{inbound_id}/match")
@access.people(*access.EVERYBODY)
def match(request: Request, inbound_id: int) -> Response:
    """It is this customer's: it is read again as theirs, and they are held from this moment."""
    given = access.form(request).get("customer", "")
    customer_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    with house.of(request).database.write() as session:
        _known(session, inbound_id)
        if session.get(Customer, customer_id) is None:
            raise HTTPException(422, "Choose a customer.")
        if not by_hand.assign(session, inbound_id, customer_id, access.visitor(request).email):
            raise HTTPException(409, GONE)
    return _read_on(request, "/unmatched")


@router.post("/{inbound_id}/answer")
@access.people(*handoffs.ANSWERERS)
def answer(request: Request, inbound_id: int) -> Response:
    """A conversation with whoever wrote it, and the visitor has it."""
    actor = access.visitor(request).email
    with house.of(request).look() as session:
        row = raw_mail.of(session, inbound_id)
    if row is None:
        raise HTTPException(404, GONE_ASTRAY)
    mail = raw_mail.seen(row).read
    writer = by_hand.writer_of(row, mail.from_name if mail else "", mail.from_address if mail else None)
    try:
        with house.of(request).database.write() as session:
            talk = by_hand.answer(session, inbound_id, writer, actor)
            handoff_id = talk.id if talk else None
    except by_hand.NoAddressError as trouble:
        raise HTTPException(422, str(trouble)) from trouble
    except hand_off.TakenError as trouble:
        raise HTTPException(409, f"{trouble} Match the mail to them instead.") from trouble
    if handoff_id is None:
        raise HTTPException(409, GONE)
    return _read_on(request, f"/handoffs/{handoff_id}")


@router.post("/{inbound_id}/discard")
@access.people(*access.EVERYBODY)
def discard(request: Request, inbound_id: int) -> Response:
    """Nothing to do about it; the mail itself is kept."""
    with house.of(request).database.write() as session:
        _known(session, inbound_id)
        if not by_hand.discard(session, inbound_id, access.visitor(request).email):
            raise HTTPException(409, GONE)
    return RedirectResponse("/unmatched", 303)


@router.post("/{inbound_id}/take-back")
@access.people(*access.EVERYBODY)
def take_back(request: Request, inbound_id: int) -> Response:
    """It was let go too soon."""
    with house.of(request).database.write() as session:
        _known(session, inbound_id)
        if not by_hand.take_back(session, inbound_id, access.visitor(request).email):
            raise HTTPException(409, GONE)
    return RedirectResponse(f"/unmatched/{inbound_id}", 303)


def _known(session: Session, inbound_id: int) -> None:
    if raw_mail.of(session, inbound_id) is None:
        raise HTTPException(404, GONE_ASTRAY)


def _read_on(request: Request, address: str) -> Response:
    """Off to another page, while a worker is called to read the mail."""
    ring = BackgroundTask(webhooks.ring, house.of(request).settings, queues.QueueName.inbound)
    return RedirectResponse(address, 303, background=ring)
