"""Who may come in where: every room says so, and a room that says nothing is shut."""

import hmac
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from drip import clock
from drip.engine.people import sign_in
from drip.models.user import Role
from drip.web import house

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
EVERYBODY = frozenset(Role)
DESK = frozenset({Role.admin, Role.marketing})
ADMIN = frozenset({Role.admin})

Room = TypeVar("Room", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a room lets in: anyone at all, programs with a key, or people of these roles."""

    anyone: bool = False
    programs: bool = False
    people: frozenset[Role] = frozenset()


_rules: dict[Callable[..., object], Rule] = {}


def anyone(room: Room) -> Room:
    """No sign-in: health, the sign-in page, the way out of our mails."""
    return _declare(room, Rule(anyone=True))


def programs(room: Room) -> Room:
    """A bearer key of ours."""
    return _declare(room, Rule(programs=True))


def people(*roles: Role) -> Callable[[Room], Room]:
    """People who are signed in with one of these roles; what changes something needs their form's token too."""
    return lambda room: _declare(room, Rule(people=frozenset(roles)))


def rule(endpoint: Callable[..., object]) -> Rule | None:
    """What a room has declared."""
    return _rules.get(endpoint)


async def check(request: Request) -> AsyncIterator[None]:
    """The guard before every room. An asynchronous one, so that a form is read only after its sender is known."""
    try:
        await _decide(request)
        yield
    finally:
        await request.close()  # files of a form lie in temporary ones


async def _decide(request: Request) -> None:
    found = rule(request.scope["route"].endpoint)
    if found is None:
        raise HTTPException(403, "This room says nobody may come in.")
    if found.anyone:
        return
    if found.programs:
        await run_in_threadpool(_check_key, request)
        return
    who = await run_in_threadpool(_signed_in, request)
    if who.role not in found.people:
        raise HTTPException(403, "Your role does not include this page.")
    if request.method not in SAFE:
        await _check_form(request, who)


async def read_form(request: Request) -> None:
    """A form of a room that anyone may enter; the page itself was ours, so it comes from our own origin."""
    same_origin(request)
    request.state.form = await _fields(request)


def visitor(request: Request) -> sign_in.Visitor:
    """Who is signed in; only in rooms for people."""
    found: sign_in.Visitor = request.state.visitor
    return found


def form(request: Request) -> Mapping[str, str]:
    """The text fields of the form that `check` has read."""
    found: Mapping[str, str] = request.state.form
    return found


def same_origin(request: Request) -> None:
    """Refuse what another site sends; programs that are not browsers send neither header."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise HTTPException(403, "This came from another site.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc not in _own_hosts(request):
        raise HTTPException(403, "This came from another site.")


def _declare(room: Room, declared: Rule) -> Room:
    _rules[room] = declared
    return room


def _check_key(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    with house.of(request).look() as session:
        known = sign_in.key_id(session, key.strip()) if scheme.lower() == "bearer" else None
    if known is None:
        headers = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(401, "Send a key: `Authorization: Bearer ...` (`drip keys create`).", headers)
    request.state.key_id = known


def _signed_in(request: Request) -> sign_in.Visitor:
    rooms = house.of(request)
    token = request.cookies.get(rooms.cookie, "")
    now = clock.now()
    with rooms.look() as session:
        who = sign_in.visitor(session, token, now) if token else None
    if who is None:
        raise HTTPException(401, "Please sign in.")
    if now - who.seen_at > sign_in.SEEN_EVERY and not _by_itself(request):
        with rooms.database.write() as session:
            sign_in.seen(session, token, now)
    request.state.visitor = who
    return who


def _by_itself(request: Request) -> bool:
    """A page that looks for news by itself does so whether or not somebody still sits before it."""
    return request.query_params.get("poll") == "1"


async def _check_form(request: Request, who: sign_in.Visitor) -> None:
    same_origin(request)
    token = request.headers.get("x-csrf-token")
    request.state.form = await _fields(request)
    given = token or request.state.form.get("csrf", "")
    if not hmac.compare_digest(given.encode(), who.csrf.encode()):
        raise HTTPException(403, "This form is too old. Reload the page and try again.")


async def _fields(request: Request) -> Mapping[str, str]:
    """Files stay in `request.state.files`, on disk when they are large."""
    parts = await request.form(max_files=1, max_fields=100)
    request.state.files = {name: part for name, part in parts.items() if not isinstance(part, str)}
    return {name: part for name, part in parts.items() if isinstance(part, str)}


def _own_hosts(request: Request) -> tuple[str, ...]:
    return request.headers.get("host", ""), urlsplit(house.of(request).settings.public_url).netloc
