"""The dashboard: mails, replies and open conversations by day, as plots that the server draws."""

from fastapi import APIRouter, Request, Response

from drip.engine.telling import times
from drip.web import access, house, pages
from drip.web.reading import dashboard

router = APIRouter(include_in_schema=False)
SPANS = (30, 90)


@router.get("/dashboard")
@access.people(*access.EVERYBODY)
def show(request: Request, days: int = 30) -> Response:
    """The last 30 or 90 days of business time, in the company's zone."""
    rooms = house.of(request)
    with rooms.look() as session:
        zone = pages.frame(session, rooms.settings.mode).zone
        seen = dashboard.dashboard(session, zone, days if days in SPANS else SPANS[0])
    answered = times.long(seen.answered_in) if seen.answered_in is not None else ""
    return pages.page(request, "dashboard.html", seen=seen, spans=SPANS, answered=answered)
