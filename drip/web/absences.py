"""Absences: when a rep is away, and who stands in: new conversations go there."""

from datetime import date, timedelta

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.campaigns import calendar
from drip.engine.people import sign_in
from drip.models import audit, system
from drip.models.handoff import Absence
from drip.models.rep import Rep
from drip.models.user import Role
from drip.web import access, house, pages

router = APIRouter(prefix="/absences", include_in_schema=False)
LONGEST = timedelta(days=366)
OWN_ONLY = "You can change your own absences; an admin can change everybody's."


@router.get("")
@access.people(*access.EVERYBODY)
def show(request: Request) -> Response:
    """Each rep with the absences that are not over."""
    with house.of(request).look() as session:
        reps = session.scalars(select(Rep).where(Rep.left_at.is_(None)).order_by(Rep.position)).all()
        today = min((_today(session, rep) for rep in reps), default=system.business_now(session).date())
        rows = session.scalars(select(Absence).where(Absence.until_on >= today).order_by(Absence.from_on)).all()
        names = {rep.id: rep.name for rep in session.scalars(select(Rep))}
    who = access.visitor(request)
    mine = [rep for rep in reps if _may(who, rep)]
    return pages.page(request, "absences.html", reps=reps, rows=rows, names=names, mine=mine, today=today)


@router.post("")
@access.people(Role.admin, Role.rep)
def add(request: Request) -> Response:
    """From one day to another, both included; without a deputy, conversations wait for the rep."""
    form = access.form(request)
    with house.of(request).database.write() as session:
        rep = _rep(session, form.get("rep", ""))
        if not _may(access.visitor(request), rep):
            raise HTTPException(403, OWN_ONLY)
        deputy = _rep(session, form["deputy"]) if form.get("deputy") else None
        if deputy is not None and deputy.id == rep.id:
            raise HTTPException(422, "Somebody else has to stand in.")
        first, last = _days(form.get("from_on", ""), form.get("until_on", ""), _today(session, rep))
        session.add(Absence(rep_id=rep.id, deputy_id=deputy.id if deputy else None, from_on=first, until_on=last))
        audit.note(session, access.visitor(request).email, "absence", f"rep:{rep.id}", f"{first} to {last}")
    return RedirectResponse("/absences", 303)


@router.post("/{absence_id}/remove")
@access.people(Role.admin, Role.rep)
def remove(request: Request, absence_id: int) -> Response:
    """They are here after all."""
    with house.of(request).database.write() as session:
        row = session.get(Absence, absence_id) if 0 < absence_id < 2**63 else None
        if row is None:
            raise HTTPException(404, "There is no such absence.")
        if not _may(access.visitor(request), session.get_one(Rep, row.rep_id)):
            raise HTTPException(403, OWN_ONLY)
        session.delete(row)
        audit.note(session, access.visitor(request).email, "here after all", f"rep:{row.rep_id}", f"{row.from_on}")
    return RedirectResponse("/absences", 303)


def _may(who: sign_in.Visitor, rep: Rep) -> bool:
    return who.role is Role.admin or (who.role is Role.rep and who.email == rep.email)


def _rep(session: Session, given: str) -> Rep:
    known = given.isascii() and given.isdigit() and len(given) < 19
    found = session.get(Rep, int(given)) if known else None
    if found is None or found.left_at is not None:
        raise HTTPException(422, "Choose one of the reps.")
    return found


def _days(first: str, last: str, today: date) -> tuple[date, date]:
    try:
        days = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        raise HTTPException(422, "Give both days.") from None
    if not days[0] <= days[1] or days[1] < today or days[1] > today + LONGEST:
        raise HTTPException(422, "The last day comes after the first, is not over yet, and within a year.")
    return days


def _today(session: Session, rep: Rep) -> date:
    return calendar.local_date(system.business_now(session), calendar.zone_of(rep.timezone))
