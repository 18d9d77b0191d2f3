"""The provider's events on their way in: verified, stored, and only then answered (STYLE.md 14)."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from drip import config, errors, logs, queues
from drip.providers.sendgrid import events, posts, signature
from drip.web import access, house

router = APIRouter(prefix="/webhooks/sendgrid", include_in_schema=False)
log = logging.getLogger("drip.webhooks")


async def body(request: Request) -> bytes:
    """The body as it came, since the signature is over its very bytes."""
    return await request.body()


@router.post("/events", max_body_size=events.MOST_BYTES)
@access.anyone
def receive(request: Request, raw: Annotated[bytes, Depends(body)]) -> Response:
    """200 once every event is stored; the provider repeats whatever is answered otherwise, for a day."""
    rooms = house.of(request)
    refuse_unsigned(request, keys(rooms.settings, rooms.settings.event_keys, "event"), raw)
    try:
        rings = request.app.state.events.keep(events.read(raw))
    except posts.UnreadablePost as trouble:
        log.warning(logs.line("events.unreadable", bytes=len(raw), why=trouble))
        return Response()
    except SQLAlchemyError as trouble:
        return come_again("events.not_stored", trouble)
    return Response(background=BackgroundTask(ring, rooms.settings, queues.QueueName.events) if rings else None)


def come_again(event: str, trouble: Exception) -> Response:
    """503: nothing was stored, and the provider posts the same again. The database's own words stay out of the log,
    since they may quote what was posted."""
    log.error(logs.line(event, error=type(trouble).__name__))
    return Response(status_code=503, headers={"Retry-After": "60"})


def keys(settings: config.Settings, given: Sequence[str], name: str) -> Sequence[str]:
    """The keys of the environment; without them, our own sandbox's, looked for each time since it may start later."""
    if given or not settings.own_sandbox:
        return given
    try:
        return ((settings.data_dir / "sandbox" / f"{name}-key.pub").read_text().strip(),)
    except OSError:
        return ()


def refuse_unsigned(request: Request, known: Sequence[str], raw: bytes) -> None:
    """403 for whatever none of the keys has signed; without a key that is everything."""
    signed, at = request.headers.get(signature.SIGNATURE_HEADER), request.headers.get(signature.TIMESTAMP_HEADER)
    if not signature.verify(known, signed, at, raw):
        log.warning(logs.line("webhook.refused", path=request.url.path, keys=len(known), bytes=len(raw)))
        raise HTTPException(403, "This is not signed with a key that is known here.")


@lru_cache(maxsize=4)
def _redis(settings: config.Settings, _url: str) -> queues.Connection:
    """One pool of connections for all posts; another one when another Redis has been started."""
    return queues.connect(settings)


def ring(settings: config.Settings, name: queues.QueueName) -> None:
    """Ring after the answer has left: what is stored is safe, and the scheduler looks for it when no bell rings."""
    try:
        queues.nudge(_redis(settings, settings.redis()), name)
    except errors.DripError as trouble:
        log.warning(logs.line("webhook.no_bell", queue=name, why=trouble))
