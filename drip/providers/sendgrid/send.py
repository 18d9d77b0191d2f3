"""Our mail in SendGrid's words, posted over pooled connections; its answers in ours."""

import asyncio
import functools
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace

import aiohttp
import pydantic_core
from sendgrid.helpers import mail as sg

from drip import clock
from drip.mail import outgoing

PATH = "/v3/mail/send"
CONNECT_SECONDS = 10  # until a connection is in hand: nothing has left, so giving up is harmless
IDLE_SECONDS = 15  # drop our idle connections before the other end does: a reset after reuse would be a doubt
HELD_SECONDS = 5.0  # for which a connection may wait for its gate; together with IDLE_SECONDS, as long as one is ours
STALE_SECONDS = 2.0  # between the gate's look and the first byte (DESIGN.md section 5)


class Result(StrEnum):
    """What is known after a request; only `ambiguous` is not certain."""

    accepted = "accepted"
    stale = "stale"  # we waited too long for a connection and did not send
    unreachable = "unreachable"  # no connection: not one byte has left
    busy = "busy"  # 429
    refused = "refused"  # 400, 413 and the like: this mail, for good
    locked_out = "locked_out"  # 401, 403: every mail
    ambiguous = "ambiguous"  # the body may have arrived, and no proof of either


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result, SendGrid's id of the request where it gave one, what it said, and how many seconds the fleet waits
    before it asks again (after `busy`, and after an `accepted` that was the last of its window)."""

    result: Result
    provider_id: str | None = None
    detail: str = ""
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Clearance:
    """The gate lets a request pass: when it looked (monotonic seconds), and headers beside ours."""

    looked_at: float
    headers: Mapping[str, str] = field(default_factory=dict)


class UnfitMailError(ValueError):
    """A mail that SendGrid's helper would pass on and SendGrid would refuse."""


def body(mail: outgoing.Outgoing) -> bytes:
    """The JSON of one mail, as the sendgrid package's `Mail(...).get()` says it (a test compares the two; the package
    takes half a millisecond). It checks neither names nor empty texts, so we refuse those here."""
    if not mail.subject.strip() or not mail.text.strip():
        raise UnfitMailError("A mail needs a subject and a text.")
    texts = [("text/plain", mail.text), ("text/html", mail.html)]
    return pydantic_core.to_json({
        "from": _person(mail.from_address, mail.from_name),
        "subject": mail.subject,
        "personalizations": [{"to": [_person(mail.to_address, mail.to_name)]}],
        "content": [{"type": kind, "value": text} for kind, text in texts if text],
        "headers": mail.headers,
        "custom_args": {"message_id": mail.message_id},
        "tracking_settings": tracking(click=mail.click_tracking, opening=mail.open_tracking),
        "reply_to": {"email": mail.reply_to},
    })  # fmt: skip


def _person(address: str, name: str) -> dict[str, str]:
    return {"email": address, "name": name} if name else {"email": address}


@functools.cache
def tracking(*, click: bool, opening: bool) -> object:
    """Said outright, because the account's own settings would otherwise rewrite links and add a second way out."""
    settings = sg.TrackingSettings()
    settings.click_tracking = sg.ClickTracking(click, enable_text=False)
    settings.open_tracking = sg.OpenTracking(opening)
    settings.subscription_tracking = sg.SubscriptionTracking(False)
    return settings.get()


class SendGrid:
    """A pool of connections to one host; lives as long as its worker. No retries, no redirects, no proxies."""

    def __init__(self, host: str, api_key: str, *, connections: int, answer_seconds: float) -> None:
        """`answer_seconds` after the body has left, the result is in doubt: for ever, if no event comes."""
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_in_hand)
        self._url = host + PATH
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=CONNECT_SECONDS + answer_seconds, connect=CONNECT_SECONDS),
            headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
            trace_configs=[trace],
            trust_env=False,
        )

    async def post(self, content: bytes, cleared: Clearance | Awaitable[Clearance]) -> Outcome:
        """Post one mail, as soon as it is cleared: until then it has its connection in hand, and cancelled it leaves no
        trace. What the network does is no exception."""
        attempt = SimpleNamespace(cleared=cleared, waits=False, in_hand=False)
        payload = aiohttp.BytesPayload(content)
        try:
            async with self._session.post(
                self._url, data=payload, allow_redirects=False, trace_request_ctx=attempt
            ) as answer:
                return await _understood(answer)
        except _StaleError:
            return Outcome(Result.stale, detail="waited too long between the gate and a connection")
        except (aiohttp.ClientError, OSError, TimeoutError) as trouble:
            if attempt.waits:
                return Outcome(Result.stale, detail="the gate looked for too long")
            result = Result.ambiguous if attempt.in_hand else Result.unreachable
            return Outcome(result, detail=_storable(f"{type(trouble).__name__}: {trouble}", 300))

    async def close(self) -> None:
        """Let the connections go."""
        await self._session.close()


class _StaleError(Exception):
    """The gate's look is too old to send by."""


async def _in_hand(
    _session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    """The last moment before the first byte: from here on, an error no longer proves that nothing has left.

    Despite its name aiohttp calls this hook with the connection in hand and before it writes the headers, and closes
    that connection when the hook raises; the hooks on connections would leak it (3.14).
    """
    attempt, held_since = context.trace_request_ctx, clock.monotonic()
    clearance = attempt.cleared
    if not isinstance(clearance, Clearance):
        attempt.waits = True
        clearance = await asyncio.shield(clearance)  # a timeout ends the request, not the gate's word
        attempt.waits = False
    now = clock.monotonic()
    if now - clearance.looked_at > STALE_SECONDS or now - held_since > HELD_SECONDS:
        raise _StaleError
    if clearance.headers:
        params.headers.update(clearance.headers)
    attempt.in_hand = True


async def _understood(answer: aiohttp.ClientResponse) -> Outcome:
    """A status line is proof, even if the rest of the answer is cut."""
    status = answer.status
    if 200 <= status < 300:
        name = _storable(answer.headers.get("X-Message-Id") or "", 120) or None
        return Outcome(Result.accepted, provider_id=name, wait_seconds=_wait(answer) if _is_last(answer) else 0.0)
    said = await _said(answer)
    if status == 429:
        return Outcome(Result.busy, detail=said, wait_seconds=_wait(answer))
    if status in (401, 403):
        return Outcome(Result.locked_out, detail=said)
    if status >= 500 or status == 408:
        return Outcome(Result.ambiguous, detail=said)
    return Outcome(Result.refused, detail=said)


async def _said(answer: aiohttp.ClientResponse) -> str:
    """`400: what was wrong`, from SendGrid's error list where there is one."""
    try:
        raw = await answer.content.read(10_000)
        errors = json.loads(raw)["errors"]
        return _storable(f"{answer.status}: {'; '.join(str(error['message']) for error in errors)}", 300)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError):
        return str(answer.status)


def _is_last(answer: aiohttp.ClientResponse) -> bool:
    """Whether the next request of this window would be refused: then we don't ask."""
    return answer.headers.get("X-RateLimit-Remaining", "").strip() == "0"


def _wait(answer: aiohttp.ClientResponse) -> float:
    """Seconds until X-RateLimit-Reset (a Unix time); SendGrid documents no Retry-After."""
    try:
        reset = float(answer.headers["X-RateLimit-Reset"])
    except (KeyError, ValueError):
        return 1.0
    return min(max(reset - clock.now().timestamp(), 1.0), 60.0)


def _storable(text: str, longest: int) -> str:
    """What a provider says goes into SQL: no NUL, no lone surrogates, not too long."""
    return "".join(char if char.isprintable() else " " for char in text)[:longest]
