"""The vendor's way to say no, and the limits that its schema does not hold.

Limits: the vendor's mail/send "limitations" page; forbidden headers: `headers` in its OpenAPI file.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from drip.sandbox import wire

MAX_BODY_BYTES = 30_000_000
MAX_RECIPIENTS = 1000
MAX_CUSTOM_ARGS_BYTES = 10_000
MAX_SUBSTITUTIONS_BYTES = 10_000
MAX_SCHEDULE_SECONDS = 72 * 3600

FORBIDDEN_HEADERS = frozenset(
    {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
    | {"to", "from", "subject", "reply-to", "cc", "bcc"}
)
HEADER_NAME = re.compile(r"[!-9;-~]+")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+"
)
LINE_BREAK = re.compile(r"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry of the vendor's `errors` list."""

    message: str
    field: str | None = None


def answer(*refusals: Refusal) -> dict[str, object]:
    """The vendor's error shape."""
    return {"errors": [{"message": each.message, "field": each.field, "help": None} for each in refusals]}


def beyond_schema(body: wire.SendBody, now: float) -> Iterator[Refusal]:
    """What the vendor refuses in a body that fits its schema; `now` in unix seconds."""
    yield from _sender(body)
    yield from _recipients(body)
    yield from _subject(body)
    yield from _content(body)
    yield from _headers(body.get("headers", {}), "headers")
    yield from _sizes(body)
    yield from _schedule(body, now)
    yield from _attachments(body)


def is_address(value: str) -> bool:
    return len(value) <= 320 and ADDRESS.fullmatch(value) is not None


def _sender(body: wire.SendBody) -> Iterator[Refusal]:
    yield from _from(body["from"], "from")
    if "reply_to" in body and "reply_to_list" in body:
        yield Refusal("Give reply_to or reply_to_list, not both.", "reply_to")
    if "reply_to" in body:
        yield from _person(body["reply_to"], "reply_to")
    for index, person in enumerate(body.get("reply_to_list", [])):
        yield from _person(person, f"reply_to_list.{index}")


def _from(person: wire.Person, field: str) -> Iterator[Refusal]:
    if not person["email"].isascii():
        yield Refusal("The from address may not hold characters beyond ASCII.", f"{field}.email")
    yield from _person(person, field)


def _person(person: wire.Person, field: str) -> Iterator[Refusal]:
    if not is_address(person["email"]):
        yield Refusal("Does not contain a valid address.", f"{field}.email")
    if LINE_BREAK.search(person.get("name", "")):
        yield Refusal("A name may not contain line breaks.", f"{field}.name")


def _recipients(body: wire.SendBody) -> Iterator[Refusal]:
    if not body["personalizations"]:
        yield Refusal("At least one personalization is required.", "personalizations")
    total = 0
    for index, each in enumerate(body["personalizations"]):
        field = f"personalizations.{index}"
        yield from _personalization(each, field)
        total += len(each["to"]) + len(each.get("cc", ())) + len(each.get("bcc", ()))
    if total > MAX_RECIPIENTS:
        yield Refusal(f"At most {MAX_RECIPIENTS} recipients a request; this one has {total}.", "personalizations")


def _personalization(each: wire.Personalization, field: str) -> Iterator[Refusal]:
    if not each["to"]:
        yield Refusal("At least one recipient with a valid address is required.", f"{field}.to")
    if "from" in each:
        yield from _from(each["from"], f"{field}.from")
    seen: set[str] = set()
    for kind, people in (("to", each["to"]), ("cc", each.get("cc", [])), ("bcc", each.get("bcc", []))):
        for index, person in enumerate(people):
            yield from _recipient(person, f"{field}.{kind}.{index}")
            address = person["email"].lower()
            if address in seen:
                yield Refusal("The same address stands twice in to, cc and bcc.", f"{field}.{kind}.{index}.email")
            seen.add(address)
    yield from _headers(each.get("headers", {}), f"{field}.headers")


def _recipient(person: wire.Person, field: str) -> Iterator[Refusal]:
    yield from _person(person, field)
    name = person.get("name", "")
    if ";" in name or "," in name:
        yield Refusal("Semicolons and commas are not allowed in a recipient's name.", f"{field}.name")


def _subject(body: wire.SendBody) -> Iterator[Refusal]:
    every = all("subject" in each for each in body["personalizations"])
    if "subject" not in body and "template_id" not in body and not (every and body["personalizations"]):
        yield Refusal("A subject is required, here or in every personalization.", "subject")
    if LINE_BREAK.search(body.get("subject", "")):
        yield Refusal("A subject may not contain line breaks.", "subject")
    for index, each in enumerate(body["personalizations"]):
        if LINE_BREAK.search(each.get("subject", "")):
            yield Refusal("A subject may not contain line breaks.", f"personalizations.{index}.subject")


def _content(body: wire.SendBody) -> Iterator[Refusal]:
    types = [part["type"].split(";")[0].strip().lower() for part in body.get("content", [])]
    if not types and "template_id" not in body:
        yield Refusal("At least one content block is required without a template_id.", "content")
    for kind in ("text/plain", "text/html"):
        if types.count(kind) > 1:
            yield Refusal(f"{kind} may stand only once.", "content")
    known = [kind for kind in types if kind in ("text/plain", "text/html")]
    if known != sorted(known, reverse=True) or types[: len(known)] != known:
        yield Refusal("text/plain comes first, then text/html, then other types.", "content")


def _headers(headers: dict[str, object], field: str) -> Iterator[Refusal]:
    for name, value in headers.items():
        if name.lower() in FORBIDDEN_HEADERS:
            yield Refusal(f"The header {name} may not be set.", f"{field}.{name}")
        elif not HEADER_NAME.fullmatch(name):
            yield Refusal("Not a valid header name.", field)
        elif not isinstance(value, str):
            yield Refusal("Header values must be texts.", f"{field}.{name}")
        elif LINE_BREAK.search(value):
            yield Refusal("Header values may not contain line breaks.", f"{field}.{name}")


def _sizes(body: wire.SendBody) -> Iterator[Refusal]:
    shared = body.get("custom_args", {})
    for index, each in enumerate(body["personalizations"]):
        arguments = {**shared, **each.get("custom_args", {})}
        if _bytes(arguments) >= MAX_CUSTOM_ARGS_BYTES:
            yield Refusal("custom_args must stay under 10,000 bytes.", f"personalizations.{index}.custom_args")
        if _bytes(each.get("substitutions", {})) > MAX_SUBSTITUTIONS_BYTES:
            yield Refusal("substitutions may take 10,000 bytes.", f"personalizations.{index}.substitutions")


def _bytes(values: object) -> int:
    return (
        len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")) if values else 0
    )


def _schedule(body: wire.SendBody, now: float) -> Iterator[Refusal]:
    if body.get("send_at", 0) > now + MAX_SCHEDULE_SECONDS:
        yield Refusal("send_at may lie at most 72 hours ahead.", "send_at")
    for index, each in enumerate(body["personalizations"]):
        if each.get("send_at", 0) > now + MAX_SCHEDULE_SECONDS:
            yield Refusal("send_at may lie at most 72 hours ahead.", f"personalizations.{index}.send_at")


def _attachments(body: wire.SendBody) -> Iterator[Refusal]:
    for index, attachment in enumerate(body.get("attachments", [])):
        try:
            base64.b64decode(attachment["content"], validate=True)
        except (binascii.Error, ValueError):
            yield Refusal("The content must be base64.", f"attachments.{index}.content")
        if LINE_BREAK.search(attachment["filename"]):
            yield Refusal("A file name may not contain line breaks.", f"attachments.{index}.filename")
