"""Today, the unknowns, and the kill switch."""

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from drip.engine.sending import catch_up, reconcile, said, stop_all
from drip.web import access, house, pages
from drip.web.reading import today

router = APIRouter(include_in_schema=False)


@router.get("/")
@access.people(*access.EVERYBODY)
def show(request: Request) -> Response:
    """How things stand."""
    rooms = house.of(request)
    with rooms.look() as session:
        zone = pages.frame(session, rooms.settings.mode).zone
        seen = today.today(session, zone)
    return pages.page(request, "today.html", today=seen)


@router.post("/stop")
@access.people(*access.DESK)
def stop(request: Request) -> Response:
    """The kill switch: from the moment this is answered no gate lets anything pass."""
    reason = access.form(request).get("reason", "").strip()[:200]
    by = access.visitor(request).email
    with house.of(request).database.write() as session:
        stop_all.pause(session, by, reason or f"stopped by {by}")
    return RedirectResponse("/", 303)


@router.post("/go-on")
@access.people(*access.DESK)
def go_on(request: Request) -> Response:
    """Mail may leave again, with what was missed treated as chosen."""
    missed = access.form(request).get("missed", catch_up.Missed.skip)
    if missed not in [*catch_up.Missed]:
        raise HTTPException(400, "Choose what to do with what was missed.")
    with house.of(request).database.write() as session:
        stop_all.resume(session, access.visitor(request).email, catch_up.Missed(missed))
    return RedirectResponse("/", 303)


@router.post("/unknowns/{message_id}")
@access.people(*access.DESK)
def say(request: Request, message_id: str) -> Response:
    """Somebody has found out what became of a mail."""
    became = access.form(request).get("became", "")
    if became not in [*said.Became]:
        raise HTTPException(400, "Say whether it arrived or was lost.")
    with house.of(request).database.write() as session:
        said.say(session, message_id[:26], said.Became(became), access.visitor(request).email)
    return RedirectResponse("/unknowns", 303)


@router.get("/unknowns")
@access.people(*access.EVERYBODY)
def unknowns(request: Request) -> Response:
    """Mails of which nobody knows whether they arrived."""
    with house.of(request).look() as session:
        rows = reconcile.unknowns(session, limit=200)
    return pages.page(request, "unknowns.html", rows=rows)
