"""POST /v3/mail/send: check as the vendor checks -> keep -> 202."""

import asyncio
import json
import secrets
import socket
import struct
from collections.abc import Iterator
from typing import cast
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web

from drip.sandbox import clock, mails, misbehave, refusals, schema, state, wire

BUSINESS_TIME = "X-Drip-Business-Time"
TIME_ZONE = "X-Drip-Time-Zone"
LINGER_ZERO = struct.pack("ii", 1, 0)


class Refused(Exception):
    """The request is answered with `status` and the vendor's error shape."""

    def __init__(self, status: int, found: list[refusals.Refusal]) -> None:
        super().__init__(status)
        self.status = status
        self.refusals = found


async def handle(request: web.Request) -> web.StreamResponse:
    sandbox = state.of(request)
    try:
        _authorize(request, sandbox.settings.api_key)
        body = await _body(request)
        _check(body, sandbox.settings.sender_domains)
        accepted = _accepted(request, body)
    except Refused as refused:
        return _refuse(sandbox, refused.status, *refused.refusals)
    strike = sandbox.misbehaviour.strikes(list(_recipients(body)))
    if strike is not None:
        return await _misbehave(request, strike, accepted)
    return await _accept(sandbox, accepted)


def _authorize(request: web.Request, api_key: str | None) -> None:
    scheme, _, key = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Refused(401, [refusals.Refusal("Permission denied, wrong credentials")])
    if api_key is not None and not secrets.compare_digest(key.strip().encode(), api_key.encode()):
        raise Refused(401, [refusals.Refusal("The provided authorization grant is invalid, expired, or revoked")])


async def _body(request: web.Request) -> wire.SendBody:
    if request.content_type != "application/json":
        raise Refused(415, [refusals.Refusal("Content-Type should be application/json.")])
    if (request.content_length or 0) > refusals.MAX_BODY_BYTES:
        raise Refused(413, [refusals.Refusal("content too large")])
    raw = await request.read()
    if len(raw) > refusals.MAX_BODY_BYTES:
        raise Refused(413, [refusals.Refusal("content too large")])
    body = _parsed(raw)
    if found := schema.problems(body):
        raise Refused(400, found)
    return cast(wire.SendBody, body)


def _parsed(raw: bytes) -> object:
    try:
        body: object = json.loads(raw, parse_constant=_no_constant)
        if b"\\ud" in raw or b"\\uD" in raw:  # half a surrogate pair is no character: the vendor's replacement for it
            body = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Refused(400, [refusals.Refusal("Bad Request: the body is not valid JSON.")]) from None
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(body: wire.SendBody, sender_domains: frozenset[str]) -> None:
    if found := list(refusals.beyond_schema(body, clock.now().timestamp())):
        raise Refused(400, found[: schema.REPORTED])
    domain = body["from"]["email"].rpartition("@")[2].lower()
    if sender_domains and domain not in sender_domains:
        raise Refused(403, [refusals.Refusal("The from address does not match a verified Sender Identity.", "from")])


def _accepted(request: web.Request, body: wire.SendBody) -> mails.Accepted:
    now = clock.now()
    try:
        given = request.headers.get(BUSINESS_TIME)
        business_time = clock.parse(given) if given else now
        zone = request.headers.get(TIME_ZONE)
        time_zone = ZoneInfo(zone).key if zone else None
    except (ValueError, OSError):
        message = f"{BUSINESS_TIME} takes ISO 8601 with a zone, {TIME_ZONE} an IANA zone."
        raise Refused(400, [refusals.Refusal(message)]) from None
    return {
        "id": secrets.token_urlsafe(16),
        "accepted_at": clock.text(now),
        "business_time": clock.text(business_time),
        "time_zone": time_zone,
        "body": body,
    }


def _recipients(body: wire.SendBody) -> Iterator[str]:
    for each in body["personalizations"]:
        for person in (*each["to"], *each.get("cc", ()), *each.get("bcc", ())):
            yield person["email"]


async def _accept(sandbox: state.Sandbox, accepted: mails.Accepted) -> web.Response:
    headers = {**sandbox.limits.headers(), "X-Message-Id": accepted["id"]}
    if accepted["body"].get("mail_settings", {}).get("sandbox_mode", {}).get("enable") is True:
        return web.Response(status=200, headers=headers, content_type="text/plain")
    await _keep(sandbox, accepted)
    return web.Response(status=202, headers=headers, content_type="text/plain")


async def _keep(sandbox: state.Sandbox, accepted: mails.Accepted) -> None:
    sandbox.ledger.append(accepted)
    added = sandbox.index.add(accepted)
    for mail in added:
        sandbox.journal.accepted(mail)
    sandbox.postroom.announce(added)
    await sandbox.ledger.durable()


async def _misbehave(request: web.Request, strike: misbehave.Sending, accepted: mails.Accepted) -> web.StreamResponse:
    sandbox = state.of(request)
    if strike.mode == "slow":
        await asyncio.sleep(strike.delay_ms / 1000)
        return await _accept(sandbox, accepted)
    if strike.mode in misbehave.KEEPS_FIRST:
        await _keep(sandbox, accepted)
    if strike.mode == "accept_then_hang":
        await asyncio.Event().wait()  # until the client gives up: its disconnect cancels this handler
    if strike.mode in ("accept_then_reset", "reset"):
        return _reset(request)
    return _refuse(sandbox, misbehave.REFUSES.get(strike.mode, 500), _told_to(strike.mode))


def _told_to(mode: str) -> refusals.Refusal:
    words = {"429": "too many requests", "401": "authorization required", "403": "access forbidden"}
    return refusals.Refusal(words.get(mode, "internal server error"))


def _reset(request: web.Request) -> web.Response:
    """Ends the connection with RST rather than FIN, as a failing load balancer does."""
    transport = request.transport
    if transport is not None:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()
    return web.Response(status=500)


def _refuse(sandbox: state.Sandbox, status: int, *found: refusals.Refusal) -> web.Response:
    headers = sandbox.limits.headers(exhausted=status == 429)
    return web.json_response(refusals.answer(*found), status=status, headers=headers)
