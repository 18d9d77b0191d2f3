"""Mail that nobody could be found for, or that could not be read: a person matches it or lets it go."""

import re

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from drip.engine.replies import receive
from drip.mail import incoming
from drip.models.customer import Customer
from drip.models.inbound import InboundMail, InboundState
from drip.web import access, house, pages
from drip.web.reading import conversation, people

router = APIRouter(prefix="/unmatched", include_in_schema=False)
MOST = 100
FOUND = 12
TOP_BYTES = 4_000  # of a mail that we cannot read
HEADERS = ("from", "to", "subject", "date", "in-reply-to", "references", "auto-submitted", "return-path")
GONE = "Somebody has dealt with this mail already."


@router.get("")
@access.people(*access.EVERYBODY)
def show_all(request: Request) -> Response:
    """Those that wait for a person, the oldest first."""
    waiting = InboundMail.state.in_((InboundState.unmatched, InboundState.unreadable))
    with house.of(request).look() as session:
        rows = session.scalars(select(InboundMail).where(waiting).order_by(InboundMail.id).limit(MOST)).all()
    return pages.page(request, "unmatched.html", rows=rows)


@router.get("/{inbound_id}")
@access.people(*access.EVERYBODY)
def show(request: Request, inbound_id: int, q: str = "") -> Response:
    """Its words and the headers that matter; whose it may be."""
    with house.of(request).look() as session:
        row = _mail(session, inbound_id)
        asked = q.replace("\0", "").strip()[:100]
        found = session.scalars(select(Customer).where(people.called(asked)).limit(FOUND)).all() if asked else []
    mail = _read(row)
    if pages.is_part(request):
        return pages.page(request, "part_whose.html", mail=row, found=found, q=asked)
    return pages.page(
        request, "inbound.html", mail=row, read=mail, headers=_headers(mail), top=_top(row), found=found, q=asked
    )


@router.post("/{inbound_id}/match")
@access.people(*access.EVERYBODY)
def match(request: Request, inbound_id: int) -> Response:
    """It is this customer's: it is read again as theirs, and they are held from this moment."""
    given = access.form(request).get("customer", "")
    customer_id = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    with house.of(request).database.write() as session:
        _mail(session, inbound_id)
        if session.get(Customer, customer_id) is None:
            raise HTTPException(422, "Choose a customer.")
        if not receive.assign(session, inbound_id, customer_id, access.visitor(request).email):
            raise HTTPException(409, GONE)
    return RedirectResponse("/unmatched", 303)


@router.post("/{inbound_id}/discard")
@access.people(*access.EVERYBODY)
def discard(request: Request, inbound_id: int) -> Response:
    """Nothing to do about it; the mail itself is kept."""
    with house.of(request).database.write() as session:
        _mail(session, inbound_id)
        if not receive.discard(session, inbound_id, access.visitor(request).email):
            raise HTTPException(409, GONE)
    return RedirectResponse("/unmatched", 303)


def _mail(session: Session, inbound_id: int) -> InboundMail:
    known = 0 < inbound_id < 2**63
    found = session.get(InboundMail, inbound_id, options=[undefer(InboundMail.raw)]) if known else None
    if found is None:
        raise HTTPException(404, "There is no such mail.")
    return found


def _read(row: InboundMail) -> incoming.Incoming | None:
    """Read in a bounded child; what is known to be unreadable is not tried again for a page."""
    if row.state is InboundState.unreadable:
        return None
    try:
        return incoming.parse_safely(row.raw)
    except incoming.UnreadableMail:
        return None


def _headers(mail: incoming.Incoming | None) -> list[tuple[str, str]]:
    shown = [(name, value[:500]) for name, value in mail.headers if name.lower() in HEADERS] if mail else []
    return shown[:30]


def _top(row: InboundMail) -> str:
    """The beginning of the raw mail as plain letters; what is none becomes a dot."""
    text = conversation.clean(row.raw[:TOP_BYTES].decode("ascii", "replace"))
    return re.sub(r"[^\n\t -~]", "·", text)
