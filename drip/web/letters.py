"""Letters: each step's mail, rendered for a chosen customer."""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from drip.campaigns import calendar, definition
from drip.engine.telling import clauses
from drip.models.customer import Customer
from drip.web import access, headers, house, pages
from drip.web.reading import letters, plans

router = APIRouter(prefix="/campaigns/{name}/letters/{step}", include_in_schema=False)


@router.get("")
@access.people(*access.EVERYBODY)
def show(request: Request, name: str, step: str, customer: int | None = None, q: str = "") -> Response:
    """Subject, sender, text and HTML, and the date on which this customer would get it."""
    with house.of(request).look() as session:
        plan, found = _step(session, name, step)
        seen = _preview(request, session, plan, found, customer)
        people = _people(session, plan, q)
    return pages.page(
        request,
        "letter.html",
        plan=plan,
        step=found,
        condition=clauses.said(found.when),
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
        plan, found = _step(session, name, step)
        people = _people(session, plan, q)
    return pages.page(request, "part_people.html", people=people, plan=plan, step=found, q=q.strip())


@router.get("/html")
@access.people(*access.EVERYBODY)
def frame(request: Request, name: str, step: str, customer: int) -> Response:
    """The HTML part alone, for its frame: whatever it says, it cannot run, load or lead anywhere."""
    with house.of(request).look() as session:
        plan, found = _step(session, name, step)
        seen = _preview(request, session, plan, found, customer)
    html = seen.letter.html if seen and seen.letter else None
    if html is None:
        raise HTTPException(404, "This letter has no HTML part.")
    return HTMLResponse(html, headers={"Content-Security-Policy": headers.LETTER_POLICY})


def _step(session: Session, name: str, step: str) -> tuple[plans.Plan, definition.Step]:
    plan = plans.plan(session, name)
    found = next((each for each in plan.version.campaign.steps if each.id == step), None) if plan else None
    if plan is None or found is None:
        raise HTTPException(404, "There is no check-in of this name.")
    return plan, found


def _people(session: Session, plan: plans.Plan, words: str) -> Sequence[Customer]:
    return letters.people(session, plan.row.id, words.strip()[:100]) if words.strip() else []


def _preview(
    request: Request, session: Session, plan: plans.Plan, step: definition.Step, customer: int | None
) -> letters.Preview | None:
    """The way out in a preview leads to a page that knows nobody, so that reading a letter cannot stop anything."""
    reader = letters.reader(session, plan, step, customer)
    way_out = f"{house.of(request).settings.public_url}/u/preview"
    return letters.preview(session, plan.version, step, reader, way_out=way_out) if reader else None
