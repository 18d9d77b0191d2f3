"""Campaigns: the year as a line, pause and resume."""

from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from drip.campaigns import definition, publish
from drip.engine.sending import catch_up, pause
from drip.engine.telling import clauses
from drip.web import access, house, pages
from drip.web.reading import plans, standings

router = APIRouter(include_in_schema=False)


@router.get("/campaigns")
@access.people(*access.EVERYBODY)
def show_all(request: Request) -> Response:
    """The list."""
    rooms = house.of(request)
    with rooms.look() as session:
        rows = plans.plans(session)
        unpublished = _unpublished(session, rooms.settings.config_path)
    return pages.page(request, "campaigns.html", plans=rows, unpublished=unpublished, match=clauses.said)


@router.get("/campaigns/{name}")
@access.people(*access.EVERYBODY)
def show(request: Request, name: str) -> Response:
    """One campaign: its year, its steps, its versions."""
    with house.of(request).look() as session:
        found = plans.plan(session, name)
        if found is None:
            raise HTTPException(404, "There is no campaign of this name.")
        line = plans.line(standings.of(session, found.row.id))
        versions = plans.versions(session, found.row.id)
    return pages.page(request, "campaign.html", plan=found, line=line, versions=versions, match=clauses.said)


@router.post("/campaigns/{name}/pause")
@access.people(*access.DESK)
def stop(request: Request, name: str) -> Response:
    """Nothing of this campaign leaves from the moment this is answered."""
    reason = access.form(request).get("reason", "")[:200]
    with house.of(request).database.write() as session:
        pause.pause_campaign(session, name, by=access.visitor(request).email, reason=reason)
    return RedirectResponse(f"/campaigns/{name}", 303)


@router.post("/campaigns/{name}/resume")
@access.people(*access.DESK)
def go_on(request: Request, name: str) -> Response:
    """Go on, with what was missed treated as chosen."""
    missed = access.form(request).get("missed", "")
    if missed not in [*catch_up.Missed]:
        raise HTTPException(400, "Choose what to do with what was missed.")
    with house.of(request).database.write() as session:
        pause.resume_campaign(session, name, catch_up.Missed(missed), by=access.visitor(request).email)
    return RedirectResponse(f"/campaigns/{name}", 303)


def _unpublished(session: Session, config_path: Path) -> list[str]:
    """What `drip campaigns publish` would change, a sentence each; mistakes in the files are told too."""
    try:
        plan = definition.load(config_path)
    except definition.ConfigError as error:
        return [f"There are mistakes in the files ({len(error.problems)}); `drip check` lists them."]
    except OSError:
        return []  # this machine serves pages only: the files are elsewhere
    if publish.is_published(session, plan):
        return []
    return publish.look(session, plan).news or ["Nothing that anybody would notice."]
