"""NOTICES: a mail to a rep with what matters on a phone screen. One for each cause, rep and level; UNIQUE says so."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from drip import db, tokens
from drip.campaigns import published
from drip.engine.handoffs import headline
from drip.engine.people import promises
from drip.engine.telling import times
from drip.models import fixed, message, once, system
from drip.models.customer import Customer
from drip.models.handoff import Handoff
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import Purchase
from drip.models.rep import Rep
from drip.models.reply import Reply

PUBLIC_URL = "{public_url}"  # put in when the mail is drafted
MARKS = {"woken": "Back again"}  # first in the subject of what the rep has heard of before, by the word of its cause
MOST_PROMISES = 3
SHOWN = 600  # characters of the customer's words: a screen of a phone


def to_rep(
    session: Session, row: Handoff, cause: str, why: str, reply: Reply | None = None, *, rep: Rep | None = None
) -> None:
    """Tell the rep of a handoff, or `rep` in their place, with the words of `reply`, else of the newest in it; the same
    cause again tells nobody twice."""
    rep_id = rep.id if rep else row.rep_id
    who = session.get_one(Customer, row.customer_id)
    reply, bought = reply or _last_reply(session, row), _last_purchase(session, who)
    words = _cut(reply.new_text) if reply else ""
    lines = [
        why,
        "",
        *_promised(session, who),
        *([f"“{words}”", ""] if words else []),
        *_files(reply),
        *_warnings(who, reply),
        *_about(session, who, bought),
        "",
        f"Answer: {PUBLIC_URL}/handoffs/{row.id}",
        "(Answer there: what you write back to this mail does not reach them.)",
    ]
    key = f"notice:{row.id}:{cause}:{rep_id}:first"
    subject = headline.of(replace(_news(who, bought, reply), why=why, priority=row.priority, mark=_mark(cause)))
    _queue(session, rep_id, key, subject, lines, handoff_id=row.id)


def of_reply(session: Session, rep: Rep, reply: Reply, why: str) -> None:
    """Tell the rep of a reply that opened nothing."""
    who = session.get_one(Customer, reply.customer_id)
    bought = _last_purchase(session, who)
    said = (f"“{_cut(reply.new_text)}”", "", *_files(reply), *_warnings(who, reply), *_about(session, who, bought))
    lines = [why, "", *_promised(session, who), *said, "", f"Their story: {PUBLIC_URL}/customers/{who.id}"]
    subject = headline.of(_news(who, bought, reply))
    (key,) = message.reply_notice_keys([reply.id], [rep.id])
    _queue(session, rep.id, key, subject, lines, handoff_id=None)


def name_of(who: Customer) -> str:
    """How a notice calls them."""
    return f"{who.first_name} {who.last_name}".strip() or who.email


def _news(who: Customer, bought: Row[Any] | None, reply: Reply | None) -> headline.News:
    product = bought.product_name if bought else ""
    kind, words = (reply.kind, reply.new_text) if reply else (None, "")
    return headline.News(name_of(who), product, kind, words, why="")


def _mark(cause: str) -> str:
    return MARKS.get(cause.partition(":")[0], "")


def _queue(session: Session, rep_id: int, key: str, subject: str, lines: list[str], *, handoff_id: int | None) -> None:
    now = system.business_now(session)
    row = {
        "id": tokens.new_id(), "kind": MessageKind.notice, "dedupe_key": key, "rep_id": rep_id,
        "handoff_id": handoff_id, "state": MessageState.queued, "detail": "", "created_at": now, "planned_at": now,
        "due_at": now, "fence": 0, "attempt": 0, "letter": {"subject": subject, "text": "\n".join(lines)},
    }  # fmt: skip
    fixed.run(session, _QUEUED[session.get_bind().dialect.name], **row)


_QUEUED = {
    dialect: insert.on_conflict_do_nothing(index_elements=["dedupe_key"])
    for dialect, insert in db.inserts(Message).items()
}


def _last_reply(session: Session, row: Handoff) -> Reply | None:
    session.flush()
    newest = select(Reply).where(Reply.handoff_id == row.id).order_by(Reply.id.desc()).limit(1)
    return session.scalars(newest).first()


def _last_purchase(session: Session, who: Customer) -> Row[Any] | None:
    found: Row[Any] | None = look_ahead(session, [who.id])[who.id]
    return found


def look_ahead(session: Session, customer_ids: Sequence[int]) -> dict[int, Any]:
    """What each of these customers bought last; it and what they were promised is not asked for again in this
    transaction."""
    promises.still_open(session, customer_ids)

    def ask(ids: list[int]) -> Iterator[tuple[int, Row[Any]]]:
        return ((row.customer_id, row) for row in fixed.run(session, _BOUGHT, ids=ids))  # the newest of each last

    return once.asked(session, "bought", customer_ids, ask)


_BOUGHT = (
    select(Purchase.customer_id, Purchase.product_name, Purchase.purchased_at)
    .where(fixed.among(Purchase.customer_id, "ids"))
    .order_by(Purchase.purchased_at)
)


def _promised(session: Session, who: Customer) -> list[str]:
    """A friendly answer to the letter about a promise says that it was kept, and only a person can mark it."""
    rows, page = promises.still_open(session, [who.id])[who.id], f"{PUBLIC_URL}/customers/{who.id}"
    asked = [f"{promises.asked(row)} Say so: {page}#promise-{row.id}" for row in rows[:MOST_PROMISES]]
    return [*asked, ""] if asked else []


def _files(reply: Reply | None) -> list[str]:
    names = [" ".join(name.split()) for name in (reply.files or [])[:5]] if reply else []
    return [f"With it came: {', '.join(names)}", ""] if names else []


def _warnings(who: Customer, reply: Reply | None) -> list[str]:
    """Who may be somebody else, before the rep answers as if they were the customer."""
    if reply is None or reply.from_address in ("", who.email):
        return []
    return [f"It came from {reply.from_address}, not from {who.email}; an answer goes to {who.email}.", ""]


def _about(session: Session, who: Customer, bought: Row[Any] | None) -> list[str]:
    if bought is None:
        return [name_of(who)]
    zone = published.rules(session).zone(who.timezone, who.country)
    days = (system.business_now(session) - bought.purchased_at).days
    return [f"{name_of(who)}, {bought.product_name}, bought {times.on(bought.purchased_at.astimezone(zone).date())}"
            f" ({days} days ago)"]  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN].rstrip()} …"
