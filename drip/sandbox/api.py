"""The sandbox's own API: what was accepted, and what should happen to it next."""

import asyncio
import base64
import binascii
import json
import secrets
from datetime import datetime
from typing import cast

from aiohttp import web

from drip.sandbox import clock, events, journal, mails, replies, state

Fields = dict[str, object]
FLUSH_SECONDS = 30.0


def routes() -> list[web.RouteDef]:
    return [
        web.get("/healthz", health),
        web.get("/api/messages", list_messages),
        web.delete("/api/messages", delete_messages),
        web.get("/api/messages/{id}", show_message),
        web.post("/api/messages/{id}/reply", reply),
        web.post("/api/messages/{id}/event", event),
        web.post("/api/inbound", inbound),
        web.get("/api/pending", pending),
        web.post("/api/flush", flush),
        web.get("/api/misbehave", show_misbehaviour),
        web.post("/api/misbehave", misbehave),
        web.get("/api/keys", keys),
    ]


async def health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "messages": len(state.of(request).index.mails)})


async def list_messages(request: web.Request) -> web.Response:
    """Oldest first; `since` takes an instant (accepted then or later) or an id (accepted after it)."""
    query = request.query
    try:
        limit = int(query["limit"]) if query.get("limit") else None
        if limit is not None and limit < 0:
            raise ValueError("limit must be 0 or more")
        found = state.of(request).index.select(to=query.get("to"), since=query.get("since"), limit=limit)
    except ValueError as error:
        raise _bad(f"since takes an instant with a zone or an id, limit a number: {error}") from None
    return web.json_response([as_json(mail) for mail in found])


async def show_message(request: web.Request) -> web.Response:
    return web.json_response(as_json(mail_of(request)))


async def delete_messages(request: web.Request) -> web.Response:
    """Empties ledger and mailbox. Webhook posts that are under way stay under way."""
    sandbox = state.of(request)
    sandbox.postroom.batch()
    sandbox.ledger.clear()
    sandbox.journal.clear()
    sandbox.index.clear()
    return web.Response(status=204)


async def reply(request: web.Request) -> web.Response:
    """Answers a mail as its recipient, or as somebody else (`from`), with `files` (`name`, `type`, `base64`) if any;
    posted to the webhook at once."""
    sandbox, mail, given = state.of(request), mail_of(request), await fields_of(request)
    try:
        answer = _answer(given, sandbox, mail)
        letter = replies.write(mail, answer)
        form, content_type = replies.form(letter)
    except (ValueError, TypeError, LookupError) as error:
        raise _bad(str(error)) from None
    sandbox.postroom.post_inbound(form, content_type)
    kept = journal.Reply(
        id=secrets.token_urlsafe(12),
        mail_id=mail.id,
        sender=letter.sender,
        to=letter.to,
        subject=letter.subject,
        text=_text(given, "text"),
        message_id=letter.message_id,
        at=clock.text(answer.at),
        files=[file.name for file in answer.files],
    )
    sandbox.journal.reply(kept)
    return web.json_response({"id": kept.id, "message_id": kept.message_id, "to": kept.to}, status=202)


async def event(request: web.Request) -> web.Response:
    """Posts one event about a mail at once; fields beside `event` and `at` win over the usual ones."""
    sandbox, mail, given = state.of(request), mail_of(request), await fields_of(request)
    name = _text(given, "event")
    if name not in events.EXTRA:
        raise _bad(f"event must be one of: {', '.join(events.EXTRA)}")
    at = _at(given, sandbox, mail)
    extra = {key: value for key, value in given.items() if key not in ("event", "at")}
    made = events.asked(mail, name, at, extra)
    sandbox.postroom.post_event(made)
    sandbox.journal.happening(journal.Happening(mail.id, mail.to, name, clock.text(at)))
    return web.json_response(made, status=202)


async def inbound(request: web.Request) -> web.Response:
    """Posts any mail to the inbound webhook: `raw_base64` with the envelope's `from` and `to`."""
    given = await fields_of(request)
    try:
        raw = base64.b64decode(_text(given, "raw_base64"), validate=True)
    except ValueError:
        raise _bad("raw_base64 must be base64") from None
    letter = replies.raw_letter(raw, sender=_text(given, "from"), to=_text(given, "to"))
    state.of(request).postroom.post_inbound(*replies.form(letter))
    return web.json_response({"to": letter.to}, status=202)


async def pending(request: web.Request) -> web.Response:
    return web.json_response(state.of(request).postroom.pending())


async def flush(request: web.Request) -> web.Response:
    """Posts waiting events now and answers when every first try is over, or after 30 seconds."""
    postroom = state.of(request).postroom
    try:
        async with asyncio.timeout(FLUSH_SECONDS):
            await postroom.first_tries()
    except TimeoutError:
        pass
    return web.json_response(postroom.pending())


async def show_misbehaviour(request: web.Request) -> web.Response:
    return web.json_response(state.of(request).misbehaviour.shown())


async def misbehave(request: web.Request) -> web.Response:
    sandbox, wish = state.of(request), await fields_of(request)
    try:
        sandbox.misbehaviour.set(wish)
    except ValueError as error:
        raise _bad(str(error)) from None
    return web.json_response(sandbox.misbehaviour.shown())


async def keys(request: web.Request) -> web.Response:
    """The public keys, base64 DER, as the vendor's settings show them."""
    given = state.of(request).keys
    return web.json_response({"events": given.events.public, "inbound": given.inbound.public})


def as_json(mail: mails.Mail) -> Fields:
    return {
        "id": mail.id,
        "to": mail.to,
        "to_name": mail.to_name,
        "from": mail.sender,
        "from_name": mail.sender_name,
        "reply_to": mail.reply_to,
        "subject": mail.subject,
        "headers": mail.headers,
        "custom_args": mail.custom_args,
        "categories": mail.categories,
        "text": mail.text,
        "html": mail.html,
        "accepted_at": clock.text(mail.accepted_at),
        "business_time": clock.text(mail.business_time),
        "time_zone": mail.time_zone,
    }


def mail_of(request: web.Request) -> mails.Mail:
    mail = state.of(request).index.by_id.get(request.match_info["id"])
    if mail is None:
        raise web.HTTPNotFound(text=json.dumps({"error": "no such message"}), content_type="application/json")
    return mail


async def fields_of(request: web.Request) -> Fields:
    if request.content_type != "application/json":
        raise _bad("Content-Type should be application/json")
    try:
        given = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise _bad("the body is not valid JSON") from None
    if not isinstance(given, dict):
        raise _bad("the body must be an object")
    return cast(Fields, given)


def _answer(given: Fields, sandbox: state.Sandbox, mail: mails.Mail) -> replies.Answer:
    headers = given.get("headers") or {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("headers must be an object of texts")
    return replies.Answer(
        text=_text(given, "text"),
        at=_at(given, sandbox, mail),
        html=_optional(given, "html"),
        sender=_optional(given, "from"),
        to=_optional(given, "to"),
        subject=_optional(given, "subject"),
        headers=headers,
        files=_files(given.get("files") or []),
    )


def _files(given: object) -> tuple[replies.File, ...]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ValueError("files must be a list of objects")
    return tuple(_file(each) for each in given)


def _file(given: Fields) -> replies.File:
    name = _text(given, "name")
    try:
        content = base64.b64decode(_text(given, "base64"), validate=True)
    except binascii.Error as error:
        raise ValueError(f"{name}: base64 must hold the file's bytes ({error})") from None
    return replies.File(name, _optional(given, "type") or "", content)


def _at(given: Fields, sandbox: state.Sandbox, mail: mails.Mail) -> datetime:
    at = _optional(given, "at")
    if at is None:
        return max(mail.business_time, sandbox.index.business_now())
    try:
        return clock.parse(at)
    except ValueError:
        raise _bad("at takes ISO 8601 with a zone") from None


def _text(given: Fields, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise _bad(f"{name} is required and must be a text")
    return value


def _optional(given: Fields, name: str) -> str | None:
    return None if given.get(name) is None else _text(given, name)


def _bad(sentence: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": sentence}), content_type="application/json")
