"""The mailbox page: GET shows, and what a person does there goes through the API."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from drip.sandbox import api, conversations, events, mails, state

HERE = Path(__file__).parent
PEOPLE_SHOWN = 100
LINK = re.compile(r"https?://\S+")

PAGE_HEADERS = {
    "Content-Security-Policy": ("default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
# A letter is a stranger's document: no script, no form, no request to anywhere, links open in a new tab.
# It has its own address because a srcdoc frame would inherit the page's policy and lose its inline styles.
LETTER_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
}
LABELS = {
    "bounce": "bounced",
    "spamreport": "marked as spam",
    "open": "opened",
    "click": "clicked",
    "dropped": "dropped",
    "deferred": "deferred",
    "unsubscribe": "unsubscribed",
}


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/", show),
        web.get("/letters/{id}", letter),
        web.post("/api/messages/{id}/read", read),
        web.static("/static", HERE / "static"),
    ]


async def show(request: web.Request) -> web.Response:
    """`who`: whose mailbox is open (the newest if nobody's); `q`: words to search for."""
    sandbox = state.of(request)
    search = request.query.get("q", "")[:200]
    who = request.query.get("who", "")
    people = conversations.people(sandbox.index, sandbox.journal, search)
    opened = sandbox.index.by_recipient.get((who or (people[0].address if people else "")).lower(), [])
    page = _environment.get_template("mailbox.html").render(
        people=people[:PEOPLE_SHOWN],
        hidden=max(0, len(people) - PEOPLE_SHOWN),
        who=who,
        search=search,
        person=conversations.person_of(opened, sandbox.journal) if opened else None,
        threads=conversations.threads(opened, sandbox.journal),
        total=len(sandbox.index.mails),
        everybody=len(sandbox.index.by_recipient),
        last=sandbox.index.mails[-1].id if sandbox.index.mails else "",
        now=sandbox.index.business_now() if sandbox.index.mails else None,
        pending=sandbox.postroom.pending(),
    )
    return web.Response(text=page, content_type="text/html", headers=PAGE_HEADERS)


async def letter(request: web.Request) -> web.Response:
    """The mail's own HTML, alone in its frame."""
    html = f'<!doctype html><base target="_blank">{api.mail_of(request).html}'
    return web.Response(text=html, content_type="text/html", headers=LETTER_HEADERS)


async def read(request: web.Request) -> web.Response:
    """Everything that this mail's recipient got up to it has been looked at."""
    mail = api.mail_of(request)
    state.of(request).journal.read(mail.to.lower(), mail.number)
    return web.Response(status=204)


def _day(at: datetime, mail: mails.Mail | None = None) -> str:
    return f"{_local(at, mail):%a %-d %b %Y}"


def _time(at: datetime, mail: mails.Mail | None = None) -> str:
    zone = mail.time_zone if mail else None
    where = zone.rpartition("/")[2].replace("_", " ") if zone else "UTC"
    return f"{_local(at, mail):%H:%M} {where}"


def _local(at: datetime, mail: mails.Mail | None) -> datetime:
    return at.astimezone(ZoneInfo(mail.time_zone)) if mail and mail.time_zone else at


def _excerpt(text: str) -> str:
    return " ".join(text.split())[:140]


def _paragraph_lengths(text: str) -> str:
    """Characters in each line: from them the page guesses the height of a letter that it can't measure.

    Addresses of links do not count: in the letter they lie behind words.
    """
    return ",".join(str(len(LINK.sub("", line))) for line in text.splitlines()[:400])


_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters |= {
    "day": _day,
    "time": _time,
    "excerpt": _excerpt,
    "paragraph_lengths": _paragraph_lengths,
}
_environment.globals |= {"labels": {name: LABELS.get(name, name) for name in events.EXTRA}}
