"""Customers' answers on their way in: verified byte by byte, stored, and only then answered (STYLE.md 14)."""

import logging
import tempfile
from collections.abc import AsyncIterator
from typing import Annotated, BinaryIO, cast

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from drip import logs, queues
from drip.engine.replies import receive
from drip.providers.sendgrid import forms, inbound, posts, signature
from drip.web import access, house, webhooks

router = APIRouter(prefix="/webhooks/sendgrid", include_in_schema=False)
log = logging.getLogger("drip.webhooks")
IN_MEMORY = 1024 * 1024  # what is larger lies on disk while it is looked at


async def body(request: Request) -> AsyncIterator[BinaryIO]:
    """The body as it comes, piece by piece, from its first byte."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        async for piece in request.stream():
            await run_in_threadpool(file.write, piece)
        file.seek(0)
        yield cast(BinaryIO, file)


@router.post("/inbound", max_body_size=forms.MOST_BYTES)
@access.anyone
def take(request: Request, raw: Annotated[BinaryIO, Depends(body)]) -> Response:
    """200 once the mail is stored and its writer held; the provider repeats what fails with 5xx, for three days."""
    rooms = house.of(request)
    _refuse_unsigned(request, raw)
    try:
        mail = inbound.read(request.headers.get("content-type", ""), raw)
    except posts.UnreadablePost as trouble:
        log.warning(logs.line("inbound.unreadable", why=trouble))
        return Response()
    try:
        fresh = rooms.database.carry_through(lambda session: receive.store(session, mail, rooms.key))
    except SQLAlchemyError as trouble:
        return webhooks.come_again("inbound.not_stored", trouble)
    log.info(logs.line("inbound.stored", inbound=fresh or "known already", bytes=len(mail.raw)))
    return Response(background=BackgroundTask(webhooks.ring, rooms.settings, queues.QueueName.inbound))


def _refuse_unsigned(request: Request, raw: BinaryIO) -> None:
    settings = house.of(request).settings
    known = webhooks.keys(settings, settings.inbound_keys, "inbound")
    signed, at = request.headers.get(signature.SIGNATURE_HEADER), request.headers.get(signature.TIMESTAMP_HEADER)
    if not signature.verify(known, signed, at, raw):
        log.warning(logs.line("webhook.refused", path=request.url.path, keys=len(known)))
        raise HTTPException(403, "This is not signed with a key that is known here.")
    raw.seek(0)
