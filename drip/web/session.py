"""Sign in and out."""

import time

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from drip import clock, tokens
from drip.engine.people import sign_in
from drip.models.user import Role
from drip.web import access, house, pages, throttle

router = APIRouter(include_in_schema=False)
QUEUE = "/queue"  # where a rep's day begins
DEVICE = "drip_device"
DEVICE_SECONDS = 180 * 86400
FAILED_SECONDS = 0.25  # what does not work always takes this long, whatever was wrong
SORRY = (
    "That did not work. Check the address and the password. After several tries, wait some minutes before you go on."
)


@router.get("/sign-in")
@access.anyone
def show(request: Request, next: str = "/") -> Response:
    """The form."""
    return pages.page(request, "sign_in.html", next=local(next), sorry="", email="")


@router.post("/sign-in", dependencies=[Depends(access.read_form)])
@access.anyone
def enter(request: Request) -> Response:
    """Right: a new session. Wrong: the same words after the same time, whatever was wrong."""
    started = clock.monotonic()
    form = access.form(request)
    goal = local(form.get("next", "/"))
    if not _throttle(request).lets(request.client.host if request.client else "?"):
        raise HTTPException(429, "Too many tries from here. Wait a minute.", {"Retry-After": "60"})
    user_id = _tried(request, form.get("email", ""), form.get("password", ""))
    if user_id is None:
        time.sleep(max(0.0, FAILED_SECONDS - (clock.monotonic() - started)))
        email = form.get("email", "")[:254]
        return pages.page(request, "sign_in.html", status=401, next=goal, sorry=SORRY, email=email)
    return _welcome(request, user_id, goal)


@router.post("/sign-out")
@access.people(*access.EVERYBODY)
def leave(request: Request) -> Response:
    """End this session here and on the server."""
    rooms = house.of(request)
    with rooms.database.write() as session:
        sign_in.close_session(session, request.cookies.get(rooms.cookie, ""))
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(rooms.cookie, secure=rooms.is_https, httponly=True, samesite="lax")
    return answer


def local(path: str) -> str:
    """A path of ours, else the home page: a sign-in never leads to another site."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain and "\\" not in path else "/"


def _throttle(request: Request) -> throttle.Throttle:
    found: throttle.Throttle = request.app.state.throttle
    return found


def _tried(request: Request, email: str, password: str) -> int | None:
    """The user whose password this is; counted before it is tried, and tried outside the transaction."""
    rooms = house.of(request)
    known = _is_known_device(request, email)
    with rooms.database.write() as session:
        guess = sign_in.guess(session, email, clock.now(), known_device=known)
    return guess.user_id if sign_in.fits(guess, password[:1000]) else None


def _welcome(request: Request, user_id: int, goal: str) -> Response:
    rooms = house.of(request)
    with rooms.database.write() as session:
        sign_in.close_session(session, request.cookies.get(rooms.cookie, ""))
        token = sign_in.open_session(session, user_id, clock.now())
        who = sign_in.visitor(session, token, clock.now())
    is_rep = who is not None and who.role is Role.rep
    answer = RedirectResponse(QUEUE if is_rep and goal == "/" else goal, status_code=303)
    answer.set_cookie(rooms.cookie, token, secure=rooms.is_https, httponly=True, samesite="lax", path="/")
    if who is not None:
        mark = tokens.signed(rooms.key, "device", tokens.fingerprint(rooms.key, who.email))
        answer.set_cookie(DEVICE, mark, DEVICE_SECONDS, secure=rooms.is_https, httponly=True, samesite="strict")
    return answer


def _is_known_device(request: Request, email: str) -> bool:
    """This browser has signed in with this address before, so that strangers' guesses do not keep its owner out."""
    key = house.of(request).key
    marked = tokens.opened(key, "device", request.cookies.get(DEVICE, ""))
    return marked is not None and marked == tokens.fingerprint(key, email.strip())
