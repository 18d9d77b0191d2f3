"""Pages: one template each, one frame around them all."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.engine.people import sign_in
from drip.engine.telling import sentences, times
from drip.models import system
from drip.web import house
from drip.web.reading import evidence

HERE = Path(__file__).parent
UTC_ZONE = "UTC"
LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page: whose house it is, what time it is in it, whether mail may leave."""

    company: str
    zone: ZoneInfo
    now: system.Now
    mode: str


def frame(session: Session, mode: str) -> Frame:
    """Read from SQL; before anything is published the house has no name and keeps UTC."""
    now = system.now(session)
    try:
        company = published.rules(session).company
    except published.NothingPublishedError:
        return Frame("Drip", calendar.zone_of(UTC_ZONE), now, mode)
    return Frame(company.name, calendar.zone_of(company.timezone), now, mode)


def page(request: Request, template: str, status: int = 200, **facts: object) -> Response:
    """A whole page, or a part of one for htmx: the template decides by what it extends."""
    rooms = house.of(request)
    with rooms.look() as session:
        around = frame(session, rooms.settings.mode)
    text = _templates.get_template(template).render(
        frame=around,
        visitor=getattr(request.state, "visitor", None),
        csrf=_csrf(request),
        path=request.url.path,
        at=_at(around.zone),
        apart=lambda instant: times.apart(instant, around.now.business_at),
        **facts,
    )
    return HTMLResponse(text, status)


def is_part(request: Request) -> bool:
    """Whether htmx asks for a part of a page rather than a person for a whole one."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def _csrf(request: Request) -> str:
    visitor: sign_in.Visitor | None = getattr(request.state, "visitor", None)
    return visitor.csrf if visitor else ""


def _at(zone: ZoneInfo) -> Callable[..., str]:
    """`at(instant)` in the company's zone, `at(instant, zone)` in another."""

    def said(instant: datetime | None, other: ZoneInfo | None = None) -> str:
        return times.at(instant, other or zone) if instant else ""

    return said


def _line_lengths(text: str) -> str:
    """Characters in each line, for the page to guess how tall a letter is; links lie behind words there."""
    return ",".join(str(len(LINK.sub("", line))) for line in text.splitlines()[:400])


_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["on"] = times.on
_templates.filters["line_lengths"] = _line_lengths
_templates.globals["because"] = sentences.because
_templates.globals["evidence"] = evidence.of
