"""What people and programs see when something does not work: one clear line, in the form that they can read."""

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drip import errors, logs
from drip.campaigns import published
from drip.web import pages

log = logging.getLogger(__name__)
TITLES = {
    401: "Please sign in",
    403: "Not here",
    404: "Nothing here",
    405: "Not like this",
    413: "Too large",
    429: "Too many tries",
}


TOO_LARGE = "This is larger than what is taken here."


class TooLarge:
    """What the limit on bodies says in plain text, in our own words and form."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def send_in_words(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start" and _is_bare_refusal(message):
                answered = True
                await _answer(Request(scope), 413, TOO_LARGE)(scope, receive, send)
            elif not answered:
                await send(message)

        await self.app(scope, receive, send_in_words)


def install(app: FastAPI) -> None:
    """Answer every error in our own words."""
    app.add_exception_handler(AnyHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(published.NothingPublishedError, _unpublished)
    app.add_exception_handler(errors.DripError, _mendable)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    if error.status_code == 401 and not _is_program(request):
        return _to_sign_in(request)
    if error.status_code == 413:
        return _answer(request, 413, TOO_LARGE)
    said = error.detail if error.detail and error.detail != "Not Found" else "There is no page at this address."
    return _answer(request, error.status_code, str(said), dict(error.headers or {}))


async def _unreadable(request: Request, error: Exception) -> Response:
    """A number that is none in an address: there is no such page; in the API, what is wrong where."""
    assert isinstance(error, RequestValidationError)
    if not _is_program(request):
        return _answer(request, 404, "There is no page at this address.")
    wrong = [{"field": ".".join(map(str, one["loc"][1:])), "message": one["msg"]} for one in error.errors()]
    return JSONResponse({"error": "Some of what was sent cannot be read.", "errors": wrong}, 422)


async def _unpublished(request: Request, error: Exception) -> Response:
    return _answer(request, 409, str(error))


async def _mendable(request: Request, error: Exception) -> Response:
    return _answer(request, 400, str(error))


async def _broken(request: Request, error: Exception) -> Response:
    log.error(logs.line("page_failed", path=request.url.path, error=type(error).__name__), exc_info=error)
    said = "Something broke on our side. It has been written to the log."
    if _is_program(request):
        return JSONResponse({"error": said}, 500)
    return Response(said, 500, media_type="text/plain")


def _answer(request: Request, status: int, said: str, headers: dict[str, str] | None = None) -> Response:
    if _is_program(request):
        return JSONResponse({"error": said}, status, headers)
    title = TITLES.get(status, "That did not work")
    page = pages.page(request, "trouble.html", status, title=title, said=said)
    page.headers.update(headers or {})
    return page


def _is_bare_refusal(message: Message) -> bool:
    return message["status"] == 413 and (b"content-type", b"text/plain; charset=utf-8") in message["headers"]


def _to_sign_in(request: Request) -> Response:
    """htmx follows a redirect inside a part of the page; it is told to leave the page instead."""
    goal = f"/sign-in?next={quote(request.url.path)}" if request.method == "GET" else "/sign-in"
    if pages.is_part(request):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(goal, 303)


def _is_program(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/webhooks/", "/metrics", "/healthz"))
