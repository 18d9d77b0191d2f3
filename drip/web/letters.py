"""Letters: each step's mail, rendered for a chosen customer."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from drip.campaigns import calendar
from drip.engine.telling import clauses
from drip.models.customer import Customer
from drip.web import access, headers, house, pages
from drip.web.reading import editions, letters, plans

router = APIRouter(prefix="/campaigns/{name}/letters/{step}", include_in_schema=False)


@router.get("")
@access.people(*access.EVERYBODY)
def show(
    request: Request, name: str, step: str, customer: int | None = None, version: int | None = None, q: str = ""
) -> Response:
    """Subject, sender, text and HTML as this customer's version has them, and whether and when they get it."""
    with house.of(request).look() as session:
        sheet = _sheet(session, name, step, customer, version)
        seen = _preview(request, session, sheet, customer)
        people = _people(session, sheet, q)
    return pages.page(
        request,
        "letter.html",
        sheet=sheet,
        condition=clauses.said(sheet.step.when),
        preview=seen,
        zone=calendar.zone_of(seen.zone.zone_name) if seen else None,
        asked=customer,
        people=people,
        q=q.strip(),
    )


@router.get("/people")
@access.people(*access.EVERYBODY)
def people(request: Request, name: str, step: str, q: str = "") -> Response:
    """For whom to render: the part of the page below the search field."""
    with house.of(request).look() as session:
        sheet = _sheet(session, name, step)
        people = _people(session, sheet, q)
    return pages.page(request, "part_people.html", people=people, sheet=sheet, q=q.strip())


@router.get("/html")
@access.people(*access.EVERYBODY)
def frame(request: Request, name: str, step: str, customer: int, version: int | None = None) -> Response:
    """The HTML part alone, for its frame: whatever it says, it cannot run, load or lead anywhere."""
    with house.of(request).look() as session:
        seen = _preview(request, session, _sheet(session, name, step, customer, version), customer)
    html = seen.letter.html if seen and seen.letter else None
    if html is None:
        raise HTTPException(404, "This letter has no HTML part.")
    return HTMLResponse(html, headers={"Content-Security-Policy": headers.LETTER_POLICY})


def _sheet(
    session: Session, name: str, step: str, customer: int | None = None, number: int | None = None
) -> letters.Sheet:
    plan = plans.plan(session, name)
    found = editions.find(session, plan.row.id, step, customer=customer, number=number) if plan else None
    if plan is None or found is None:
        raise HTTPException(404, "There is no check-in of this name.")
    return letters.Sheet(plan, *found)


def _people(session: Session, sheet: letters.Sheet, words: str) -> Sequence[Customer]:
    return letters.people(session, sheet.plan.row.id, words.strip()[:100]) if words.strip() else []


def _preview(request: Request, session: Session, sheet: letters.Sheet, customer: int | None) -> letters.Preview | None:
    """The way out in a preview leads to a page that knows nobody, so that reading a letter cannot stop anything."""
    rooms = house.of(request)
    reader = letters.reader(session, sheet, customer)
    way_out = f"{rooms.settings.public_url}/u/preview"
    return letters.preview(session, sheet, reader, way_out=way_out, key=rooms.key) if reader else None
