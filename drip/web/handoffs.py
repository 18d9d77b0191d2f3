"""One conversation: claim it, answer it, leave a check-in out, put it off, decide what happens next."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import tokens
from drip.campaigns import calendar, published
from drip.engine.handoffs import answer, brief, hand_off, resolve, responsible
from drip.engine.replies import alignment, correct
from drip.models import system
from drip.models.customer import Customer
from drip.models.handoff import Handoff, Resolution
from drip.models.rep import Rep
from drip.models.reply import MACHINES
from drip.models.user import Role
from drip.web import access, house, pages
from drip.web.reading import conversation

router = APIRouter(include_in_schema=False)
ANSWERERS = (Role.admin, Role.rep)
LONGEST_SNOOZE = timedelta(days=366)
NO_STEP = "none"  # fits no check-in
UNTICKED = "They asked us to stop. Tick the box if you want to answer all the same."


@router.get("/handoffs/{handoff_id}")
@access.people(*access.EVERYBODY)
def show(request: Request, handoff_id: int) -> Response:
    """Everything that a person needs before they answer."""
    return _page(request, handoff_id, conversation.Kept())


@router.post("/handoffs/{handoff_id}/claim")
@access.people(*ANSWERERS)
def claim(request: Request, handoff_id: int) -> Response:
    """It is mine now, or it was somebody's already."""
    return _done(request, handoff_id, lambda session, actor: hand_off.claim(session, handoff_id, actor))


@router.post("/handoffs/{handoff_id}/take-over")
@access.people(*ANSWERERS)
def take_over(request: Request, handoff_id: int) -> Response:
    """From whom the page named, and from nobody else."""
    owner = access.form(request).get("owner", "")
    return _done(request, handoff_id, lambda session, actor: hand_off.take_over(session, handoff_id, owner, actor))


@router.post("/handoffs/{handoff_id}/answer")
@access.people(*ANSWERERS)
def say(request: Request, handoff_id: int) -> Response:
    """Send it, once. When something new has come in, the page comes back with the words kept and the new marked."""
    kept = conversation.kept(access.form(request))

    def said(session: Session) -> None:
        _may_write(request, session, handoff_id, kept)
        answer.answer(session, handoff_id, kept.words, access.visitor(request).email)

    try:
        house.of(request).database.carry_through(said)
    except (answer.ChangedError, hand_off.TakenError) as error:
        return _page(request, handoff_id, kept.after(str(error)), 409)
    except answer.EmptyAnswerError as error:
        return _page(request, handoff_id, kept.after(str(error)), 422)
    return _back(handoff_id)


@router.post("/handoffs/{handoff_id}/skip")
@access.people(*ANSWERERS)
def skip(request: Request, handoff_id: int) -> Response:
    """Leave the next check-in out: the one that stood on the page."""
    step_key = access.form(request).get("step_key", "") or NO_STEP
    return _done(request, handoff_id, lambda session, actor: answer.skip_step(session, handoff_id, step_key, actor))


@router.post("/handoffs/{handoff_id}/snooze")
@access.people(*ANSWERERS)
def snooze(request: Request, handoff_id: int) -> Response:
    """Out of the queue until the morning of a day; a reply brings it back earlier."""
    form = access.form(request)
    with house.of(request).database.write() as session:
        row = _known(session, handoff_id)
        until = _morning(session, row, form.get("until") or form.get("day", ""))
        hand_off.snooze(session, handoff_id, until, access.visitor(request).email)
    return RedirectResponse(f"/queue?put_off={handoff_id}", 303)


@router.post("/handoffs/{handoff_id}/resolve")
@access.people(*ANSWERERS)
def decide(request: Request, handoff_id: int) -> Response:
    """Close it, and say what the campaigns do next."""
    form = access.form(request)
    chosen = form.get("resolution", "")
    if chosen not in list(Resolution):
        return _page(request, handoff_id, conversation.Kept(trouble="Choose what happens next."), 422)
    try:
        with house.of(request).database.write() as session:
            _known(session, handoff_id)
            answer.check_seen(session, handoff_id, conversation.version(form))
            on, actor = _day(form.get("on", "")), access.visitor(request).email
            resolve.resolve(session, handoff_id, Resolution(chosen), on, actor)
    except answer.ChangedError as error:
        kept = conversation.Kept(newest=form.get("newest", "")[:200], trouble=str(error), resolution=chosen)
        return _page(request, handoff_id, kept, 409)
    except resolve.UnansweredDateError as error:
        return _page(request, handoff_id, conversation.Kept(trouble=str(error), resolution=chosen), 422)
    return _back(handoff_id)


@router.post("/customers/{customer_id}/hold")
@access.people(*ANSWERERS)
def hold(request: Request, customer_id: int) -> Response:
    """A rep has the word without a reply: "I phoned her"."""
    why = " ".join(access.form(request).get("why", "").split())[:300] or "A talk of our own."
    actor = access.visitor(request).email
    with house.of(request).database.write() as session:
        who = session.get(Customer, customer_id) if 0 < customer_id < 2**63 else None
        if who is None:
            raise HTTPException(404, "There is no such customer.")
        own = session.scalar(select(Rep.id).where(Rep.email == actor, Rep.left_at.is_(None)))
        rep_id = own or responsible.of(session, who, None).id
        row = hand_off.by_rep(session, customer_id, rep_id, why, actor)
    return _back(row.id)


def _page(request: Request, handoff_id: int, kept: conversation.Kept, status: int = 200) -> Response:
    rooms = house.of(request)
    desk = brief.Desk(rooms.settings.public_url, rooms.key)
    with rooms.look() as session:
        found = brief.of(session, handoff_id, desk) if 0 < handoff_id < 2**63 else None
        if found is None:
            raise HTTPException(404, "There is no such conversation.")
        today = calendar.local_date(system.business_now(session), found.zone)
        raw_mails = conversation.raw_mails(session, found)
    seen = conversation.seen(found, access.visitor(request), kept)
    shown = {"brief": found, "seen": seen, "kept": kept, "today": today, "raw_mails": raw_mails,
             "reasons": conversation.reasons(found)}  # fmt: skip
    known = {"machines": MACHINES, "unproven": alignment.UNPROVEN, "choices": correct.CHOICES}
    return pages.page(request, "handoff.html", status, **shown, **known, undecided=conversation.is_undecided(found),
                      draft_ids=(tokens.new_id(), tokens.new_id()))  # fmt: skip


def _back(handoff_id: int) -> Response:
    return RedirectResponse(f"/handoffs/{handoff_id}", 303)


def _done(request: Request, handoff_id: int, do: Callable[[Session, str], object]) -> Response:
    """Do it in this visitor's name; where somebody else was quicker, the page comes back and says so."""

    def done(session: Session) -> None:
        _known(session, handoff_id)
        do(session, access.visitor(request).email)

    try:
        house.of(request).database.carry_through(done)
    except (answer.ChangedError, hand_off.TakenError) as error:
        return _page(request, handoff_id, conversation.Kept(trouble=str(error)), 409)
    return _back(handoff_id)


def _known(session: Session, handoff_id: int) -> Handoff:
    row = session.get(Handoff, handoff_id) if 0 < handoff_id < 2**63 else None
    if row is None:
        raise HTTPException(404, "There is no such conversation.")
    return row


def _may_write(request: Request, session: Session, handoff_id: int, kept: conversation.Kept) -> None:
    """Who asked us to stop is answered only when the rep has said that they know."""
    row = _known(session, handoff_id)
    stopped = conversation.stopped(session, row.customer_id, house.of(request).key)
    if stopped and not kept.words.confirmed:
        raise answer.EmptyAnswerError(UNTICKED)


def _morning(session: Session, row: Handoff, wanted: str) -> datetime:
    """`1` and `3` are days from today, else a date: when our day opens, on the rep's clock."""
    zone = calendar.zone_of(session.get_one(Rep, row.rep_id).timezone)
    now = system.business_now(session)
    today = calendar.local_date(now, zone)
    day = today + timedelta(days=int(wanted)) if wanted in ("1", "3") else _day(wanted)
    if day is None or not today < day <= today + LONGEST_SNOOZE:
        raise HTTPException(422, "Choose a day from tomorrow on, within a year.")
    return calendar.instant(day, published.rules(session).hours.opens, zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
