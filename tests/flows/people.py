"""The customers of a story: they answer in every kind, their mailboxes fail, and some get their money back."""

import json
import random
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from drip import db
from drip.models.enrollment import Enrollment
from drip.models.message import Message
from drip.models.purchase import Purchase
from tests.flows import living

Told = dict[str, Any]  # a JSON object

WRITES, BOUNCES, COMPLAINS, GETS_A_REFUND = 0.15, 0.02, 0.006, 0.006  # shares of the mails that customers get
POSTED_TWICE, FROM_ELSEWHERE, TO_THE_REP = 0.2, 0.1, 0.1

WORDS = {
    "problem": ("There is a warning light on since Monday.", "The brakes make a loud noise in the morning."),
    "question": ("When is the next oil change due?", "Which tyre pressure do you recommend for the winter?"),
    "praise": ("We love it, best car we have ever had!", "You did a great job, we are very happy with it."),
    "courtesy": ("Thank you, all is fine here.", "Thanks for asking, everything is well."),
    "buying": ("I would like to buy a second one for my daughter.", "We are thinking of trading it in."),
    "referral": ("My brother is looking for a car, may I give him your number?",),
    "leaving": ("I want to return the car and get my money back.",),
    "opt_out": ("Please stop writing to me.", "Unsubscribe me from these mails, please."),
    "not_now": ("Not now please, we are very busy at the moment.", "Please write again later, this is a bad time."),
    "wrong_person": ("You have the wrong person, I never bought a car.",),
    "unclear": ("Blue, as far as the harbour.", "Seven or eight."),
}
MACHINES = {
    "out_of_office": ("I am out of the office with no access to my mail.",),
    "auto_reply": ("We have received your message and will look at it in due course.",),
}


@dataclass(frozen=True)
class Town:
    """A running Drip, a program's key to it, and the dice by which its people live."""

    drip: living.Living
    key: str
    dice: random.Random


@dataclass(frozen=True)
class Letter:
    """What a customer wrote, and under which Message-ID (bare)."""

    kind: str
    customer: str
    message_id: str


@dataclass(frozen=True)
class Stop:
    """Something other than words that ends the check-ins, and when we had been told; a refund ends one enrollment."""

    why: str
    customer: str
    at: datetime
    enrollment: int | None = None


def react(town: Town, mails: Sequence[Told]) -> tuple[list[Letter], list[Stop]]:
    """What customers do about mails that they got, most of them nothing; returns when Drip has understood it all."""
    letters, refunds, failures = [], [], []
    for mail in mails:
        chance = town.dice.random()
        if chance < WRITES:
            letters.append(_write(town, mail))
        elif chance < WRITES + BOUNCES + COMPLAINS:
            failures.append(_report(town, mail, "bounce" if chance < WRITES + BOUNCES else "spamreport"))
        elif chance < WRITES + BOUNCES + COMPLAINS + GETS_A_REFUND:
            refunds += _refund(town, mail)
    town.drip.drip("fast-forward", "1m")
    known_at = business_time(town)
    return letters, refunds + [Stop(why, customer, known_at) for why, customer in failures]


def business_time(town: Town) -> datetime:
    """What Drip's own clock says."""
    return datetime.fromisoformat(api(town, "GET", "/api/clock")[1]["business_time"])


def api(
    town: Town, method: str, path: str, body: Told | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Told]:
    """Ask Drip as a program does; its status and what it said, refusals too."""
    url = f"http://127.0.0.1:{town.drip.environ['DRIP_WEB_PORT']}{path}"
    return _call(method, url, body, {"Authorization": f"Bearer {town.key}"} | (headers or {}))


def sandbox(town: Town, method: str, path: str, body: Told | None = None) -> Any:
    """Ask the local SendGrid, which refuses nothing that a story asks."""
    status, said = _call(method, f"http://127.0.0.1:{town.drip.environ['DRIP_SANDBOX_PORT']}{path}", body, {})
    assert status in (200, 202), said
    return said


def _write(town: Town, mail: Told) -> Letter:
    """One mail; posted twice, it is the same mail byte for byte."""
    dice, words = town.dice, WORDS | MACHINES
    kind = dice.choice(sorted(words))
    written_id = f"{dice.getrandbits(64):x}@post.example"
    headers = {"Message-ID": f"<{written_id}>"} | _automatic(kind, mail)
    at = business_time(town).isoformat()
    letter = {"text": dice.choice(words[kind]), "at": at, "headers": headers} | _way(town, mail, kind)
    for _ in range(2 if dice.random() < POSTED_TWICE else 1):
        sandbox(town, "POST", f"/api/messages/{mail['id']}/reply", letter)
    return Letter(kind, mail["to"], written_id)


def _automatic(kind: str, mail: Told) -> dict[str, str]:
    """RFC 3834's header; a machine that says no more than that has a subject of its own."""
    if kind not in MACHINES:
        return {}
    subject = f"Automatic reply: {mail['subject']}" if kind == "out_of_office" else "Your message has arrived"
    return {"Auto-Submitted": "auto-replied", "Subject": subject}


def _way(town: Town, mail: Told, kind: str) -> dict[str, str]:
    """From another address, or to the rep's own; each with something left that tells who wrote."""
    chance = town.dice.random()
    if kind in MACHINES or chance > FROM_ELSEWHERE + TO_THE_REP:
        return {}
    return {"from": "The other half <home@family.example>"} if chance < FROM_ELSEWHERE else {"to": mail["from"]}


def _report(town: Town, mail: Told, event: str) -> tuple[str, str]:
    sandbox(town, "POST", f"/api/messages/{mail['id']}/event", {"event": event})
    return event, mail["to"]


def _refund(town: Town, mail: Told) -> list[Stop]:
    """The shop tells of a refund; an answer of a rep belongs to no purchase."""
    database = db.Database(town.drip.environ["DATABASE_URL"])
    with database.read() as session:
        bought = session.execute(
            select(Purchase, Message.enrollment_id)
            .join(Enrollment, Enrollment.purchase_id == Purchase.id)
            .join(Message, Message.enrollment_id == Enrollment.id)
            .where(Message.id == mail["custom_args"]["message_id"])
        ).first()
        told = _refunded(bought.Purchase, mail["to"]) if bought else None
    database.close()
    if bought is None:
        return []
    status, said = api(town, "POST", "/api/purchases", told)
    assert status == 200, said
    return [Stop("refund", mail["to"], business_time(town), bought.enrollment_id)]


def _refunded(bought: Purchase, email: str) -> Told:
    return {
        "source": bought.source, "external_id": bought.external_id, "status": "refunded",
        "purchased_at": bought.purchased_at.isoformat(), "customer": {"email": email},
        "product": {"name": bought.product_name, "sku": bought.sku, "category": bought.category},
    }  # fmt: skip


def _call(method: str, url: str, body: Told | None, headers: dict[str, str]) -> tuple[int, Any]:
    """Status and JSON; a refusal is an answer too."""
    content = json.dumps(body).encode() if body is not None else None
    asked = urllib.request.Request(url, content, {"Content-Type": "application/json"} | headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)
