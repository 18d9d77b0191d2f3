"""A mail as one recipient got it, read from an accepted request."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from drip.sandbox import clock, wire


class Accepted(TypedDict):
    """One line of the ledger: a request as it came. Instants are ISO 8601 in UTC."""

    id: str
    accepted_at: str
    business_time: str
    time_zone: str | None
    body: wire.SendBody


@dataclass(frozen=True, slots=True)
class Mail:
    """`id` is the X-Message-Id of the request; from the second recipient on, `.1`, `.2`... follow it."""

    id: str
    number: int
    recipient: int
    to: str
    to_name: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    headers: dict[str, str]
    custom_args: dict[str, object]
    categories: list[str]
    text: str
    html: str
    accepted_at: datetime
    business_time: datetime
    time_zone: str | None

    @property
    def request_id(self) -> str:
        return self.id.split(".", 1)[0]

    @property
    def message_id(self) -> str:
        """The Message-ID header, angle brackets included."""
        return next(value for name, value in self.headers.items() if name.lower() == "message-id")


def of(accepted: Accepted, first_number: int) -> list[Mail]:
    """One mail for each recipient, in the order of the request."""
    mails: list[Mail] = []
    for each in accepted["body"]["personalizations"]:
        headers = _headers(accepted, each)
        for person in (*each["to"], *each.get("cc", ()), *each.get("bcc", ())):
            mails.append(_mail(accepted, each, person, headers=headers, at=(len(mails), first_number)))
    return mails


def _mail(
    accepted: Accepted,
    each: wire.Personalization,
    person: wire.Person,
    *,
    headers: dict[str, str],
    at: tuple[int, int],
) -> Mail:
    body = accepted["body"]
    recipient, first_number = at
    sender = each.get("from", body["from"])
    return Mail(
        id=f"{accepted['id']}.{recipient}" if recipient else accepted["id"],
        number=first_number + recipient,
        recipient=recipient,
        to=person["email"],
        to_name=person.get("name", ""),
        sender=sender["email"],
        sender_name=sender.get("name", ""),
        reply_to=_reply_to(body, sender),
        subject=each.get("subject", body.get("subject", "")),
        headers=headers,
        custom_args={**body.get("custom_args", {}), **each.get("custom_args", {})},
        categories=body.get("categories", []),
        text=_part(body, "text/plain"),
        html=_part(body, "text/html"),
        accepted_at=clock.parse(accepted["accepted_at"]),
        business_time=clock.parse(accepted["business_time"]),
        time_zone=accepted["time_zone"],
    )


def _headers(accepted: Accepted, each: wire.Personalization) -> dict[str, str]:
    """Headers as given, a personalization's own winning; the vendor adds a Message-ID when there is none."""
    given = {**accepted["body"].get("headers", {}), **each.get("headers", {})}
    headers = {name: str(value) for name, value in given.items()}
    if not any(name.lower() == "message-id" for name in headers):
        headers["Message-ID"] = f"<{accepted['id']}@sandbox.invalid>"
    return headers


def _reply_to(body: wire.SendBody, sender: wire.Person) -> str:
    people = [body["reply_to"]] if "reply_to" in body else body.get("reply_to_list", [])
    return people[0]["email"] if people else sender["email"]


def _part(body: wire.SendBody, kind: str) -> str:
    parts = (part["value"] for part in body.get("content", ()) if part["type"].split(";")[0].strip().lower() == kind)
    return next(parts, "")
