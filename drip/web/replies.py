"""Replies: all that customers wrote, how it was understood, and each mail as it came."""

from datetime import date

import nh3
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.engine.replies import correct
from drip.models import correction, system
from drip.models.customer import Customer
from drip.models.reply import MACHINES, Reply, ReplyKind
from drip.models.user import Role
from drip.web import access, headers, house, pages
from drip.web.reading import queue, raw_mail, reply_path

router = APIRouter(prefix="/replies", include_in_schema=False)
PAGE = 50
CORRECTORS = (Role.admin, Role.rep)
# What a letter needs to be read; no pictures, no forms, no styles that could cover something.
_WORDS = (
    "a abbr b blockquote br code dd del div dl dt em h1 h2 h3 h4 hr i li ol p pre q s small span strong sub sup "
    "table tbody td th thead tr u ul"
)
TAGS = set(_WORDS.split())
KEPT = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}
FRAME = (
    '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    "<style>body{font:15px/1.5 system-ui,sans-serif;margin:1rem;overflow-wrap:anywhere}"
    "blockquote{margin:0 0 0 .5rem;padding-left:.8rem;border-left:2px solid #8888}</style>"
)


@router.get("")
@access.people(*access.EVERYBODY)
def show_all(request: Request, kind: str = "", before: int | None = None) -> Response:
    """The newest first; those of machines only when asked for."""
    wanted = [ReplyKind(kind)] if kind in list(ReplyKind) else sorted(set(ReplyKind) - MACHINES)
    rows = select(Reply, Customer).join(Customer, Customer.id == Reply.customer_id).where(Reply.kind.in_(wanted))
    rows = rows.where(Reply.id < before) if before is not None else rows
    with house.of(request).look() as session:
        found = session.execute(rows.order_by(Reply.id.desc()).limit(PAGE + 1)).all()
        told = [(row.Reply, row.Customer, queue.first_words(row.Reply.new_text)) for row in found[:PAGE]]
    more = told[-1][0].id if len(found) > PAGE else None
    return pages.page(request, "replies.html", rows=told, kind=kind, kinds=list(ReplyKind), more=more)


@router.get("/corrections")
@access.people(*access.EVERYBODY)
def corrections(request: Request, before: int | None = None) -> Response:
    """What people read otherwise than we did, for whoever tunes the words."""
    with house.of(request).look() as session:
        found = correction.newest(session, PAGE + 1, before=before)
        told = [(row, reply, who, queue.first_words(reply.new_text)) for row, reply, who in found[:PAGE]]
    more = told[-1][0].id if len(found) > PAGE else None
    return pages.page(request, "corrections.html", rows=told, more=more)


@router.post("/{reply_id}/kind")
@access.people(*CORRECTORS)
def say_kind(request: Request, reply_id: int) -> Response:
    """Somebody has read it and says what it is; back to where they were."""
    form = access.form(request)
    kind = form.get("kind", "")
    if kind not in correct.CHOICES:
        raise HTTPException(422, "Choose what it is.")
    said = correct.Said(ReplyKind(kind), _day(form.get("until", "")))
    rooms = house.of(request)
    with rooms.database.write() as session:
        row = _reply(session, reply_id)
        correct.correct(session, row.id, said, access.visitor(request).email, rooms.key)
        inside = row.handoff_id if form.get("back") == "conversation" else None
    return RedirectResponse(f"/handoffs/{inside}" if inside else f"/replies/{reply_id}", 303)


@router.get("/{reply_id}")
@access.people(*access.EVERYBODY)
def show(request: Request, reply_id: int) -> Response:
    """The whole mail, its quotes too, and its way from the mail that reached us to what was decided."""
    rooms = house.of(request)
    with rooms.look() as session:
        row = _reply(session, reply_id)
        mail = raw_mail.of(session, row.inbound_id)
        assert mail is not None
        way = reply_path.of(session, row, mail, rooms.key)
        corrected, today = correction.of_reply(session, reply_id), system.business_now(session).date()
    pieces = reply_path.pieces(row.full_text, row.new_text)
    return pages.page(request, "reply.html", way=way, seen=raw_mail.seen(mail), pieces=pieces,
                      is_machine=row.kind in MACHINES, corrected=corrected, choices=correct.CHOICES,
                      may_correct=access.visitor(request).role in CORRECTORS, today=today)  # fmt: skip


@router.get("/{reply_id}/html")
@access.people(*access.EVERYBODY)
def frame(request: Request, reply_id: int) -> Response:
    """The HTML part for its frame: cleaned, and whatever is left can neither run nor load nor lead anywhere."""
    with house.of(request).look() as session:
        html = _reply(session, reply_id).html
    if not html:
        raise HTTPException(404, "This mail has no HTML part.")
    return HTMLResponse(FRAME + cleaned(html), headers={"Content-Security-Policy": headers.LETTER_POLICY})


def cleaned(html: str) -> str:
    """Text and its structure; links lead to the web and to mail only."""
    return nh3.clean(html, tags=TAGS, attributes=KEPT, url_schemes={"https", "http", "mailto"}, link_rel="noreferrer")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _reply(session: Session, reply_id: int) -> Reply:
    found = session.get(Reply, reply_id) if 0 < reply_id < 2**63 else None
    if found is None:
        raise HTTPException(404, "There is no such mail.")
    return found
