"""The reps' queue: conversations by state, whose they are, how urgent, how old, and by words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar
from drip.engine.handoffs import notice
from drip.models import system
from drip.models.customer import Customer
from drip.models.handoff import Handoff, HandoffState, Priority
from drip.models.purchase import Purchase
from drip.models.rep import Rep
from drip.models.reply import Reply
from drip.web.reading import people

PAGE = 50
FIRST_WORDS = 180  # characters: what fits a card on a phone


class Age(StrEnum):
    """Waiting for longer than this."""

    hour = "hour"
    day = "day"
    week = "week"


SPANS = {Age.hour: timedelta(hours=1), Age.day: timedelta(days=1), Age.week: timedelta(days=7)}
RANKS = {priority: rank for rank, priority in enumerate(Priority)}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see. `mine`: their address, to see only what they sold or have claimed."""

    state: HandoffState = HandoffState.open
    mine: str | None = None
    priority: Priority | None = None
    age: Age | None = None
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Card:
    """One conversation: who, what they bought, their first words, whose it is."""

    handoff: Handoff
    customer: Customer
    rep: Rep
    product: str
    words: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of cards, how many there are in each state, and a mark that changes when any of it does."""

    cards: tuple[Card, ...]
    counts: dict[HandoffState, int]
    more: bool
    mark: str
    now: datetime = field(compare=False)


def put_off(session: Session, handoff_id: int) -> tuple[str, date] | None:
    """Whose conversation is put off, and until which day of its rep's calendar; None when it is not."""
    row = session.get(Handoff, handoff_id)
    if row is None or row.state is not HandoffState.snoozed or row.snoozed_until is None:
        return None
    zone = calendar.zone_of(session.get_one(Rep, row.rep_id).timezone)
    name = notice.name_of(session.get_one(Customer, row.customer_id))
    return name, calendar.local_date(row.snoozed_until, zone)


def queue(session: Session, wish: Wish) -> Queue:
    """Open ones: the most urgent first, then who has waited longest. Closed ones: the newest first."""
    now = system.business_now(session)
    rows = _ordered(_wanted(wish, now), wish.state).offset((wish.page - 1) * PAGE).limit(PAGE + 1)
    found = session.execute(rows).all()
    cards = _cards(session, [(row.Handoff, row.Customer, row.Rep) for row in found[:PAGE]])
    counts = _counts(session, wish)
    return Queue(cards, counts, len(found) > PAGE, _mark(cards, counts, now), now)


def _wanted(wish: Wish, now: datetime) -> Select[Handoff, Customer, Rep]:
    rows = (
        select(Handoff, Customer, Rep)
        .join(Customer, Customer.id == Handoff.customer_id)
        .join(Rep, Rep.id == Handoff.rep_id)
        .where(Handoff.state == wish.state, *_whose(wish))
    )
    if wish.priority:
        rows = rows.where(Handoff.priority == wish.priority)
    if wish.age:
        rows = rows.where(Handoff.touched_at <= now - SPANS[wish.age])
    return rows.where(_says(wish.words)) if wish.words else rows


def _whose(wish: Wish) -> list[ColumnElement[bool]]:
    """What somebody answers for, as its rep or because they took it."""
    if wish.mine is None:
        return []
    return [or_(Handoff.claimed_by == wish.mine, Rep.email == wish.mine)]


def _says(words: str) -> ColumnElement[bool]:
    theirs = select(Reply.id).where(Reply.handoff_id == Handoff.id, Reply.new_text.icontains(words, autoescape=True))
    return or_(people.called(words), theirs.exists())


def _ordered(rows: Select[Handoff, Customer, Rep], state: HandoffState) -> Select[Handoff, Customer, Rep]:
    if state is HandoffState.closed:
        return rows.order_by(Handoff.closed_at.desc(), Handoff.id.desc())
    if state is HandoffState.snoozed:
        return rows.order_by(Handoff.snoozed_until, Handoff.id)
    rank = case(RANKS, value=Handoff.priority)
    return rows.order_by(rank.desc(), Handoff.touched_at, Handoff.id)


def _counts(session: Session, wish: Wish) -> dict[HandoffState, int]:
    """By state, of mine or of all, whatever else is asked for."""
    rows = select(Handoff.state, func.count()).join(Rep, Rep.id == Handoff.rep_id).where(*_whose(wish))
    found = {row[0]: row[1] for row in session.execute(rows.group_by(Handoff.state))}
    return {state: found.get(state, 0) for state in HandoffState}


def _cards(session: Session, found: Sequence[tuple[Handoff, Customer, Rep]]) -> tuple[Card, ...]:
    products = _products(session, [customer.id for _, customer, _ in found])
    said = _last_words(session, [row.id for row, _, _ in found])
    return tuple(
        Card(row, customer, rep, products.get(customer.id, ""), said.get(row.id, "")) for row, customer, rep in found
    )


def _products(session: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """What each of them bought last."""
    rows = select(Purchase.customer_id, Purchase.product_name).where(Purchase.customer_id.in_(customer_ids))
    return {row.customer_id: row.product_name for row in session.execute(rows.order_by(Purchase.purchased_at))}


def _last_words(session: Session, handoff_ids: Sequence[int]) -> dict[int, str]:
    newest = select(func.max(Reply.id)).where(Reply.handoff_id.in_(handoff_ids)).group_by(Reply.handoff_id)
    rows = select(Reply.handoff_id, Reply.new_text, Reply.full_text).where(Reply.id.in_(newest))
    return {row.handoff_id: first_words(row.new_text or row.full_text) for row in session.execute(rows)}


def first_words(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text[: FIRST_WORDS * 3].split())
    return line if len(line) <= FIRST_WORDS else f"{line[:FIRST_WORDS].rstrip()} …"


def _mark(cards: Sequence[Card], counts: dict[HandoffState, int], now: datetime) -> str:
    """Changes with everything shown; "3 minutes ago" is told anew every minute of business time."""
    shown = [
        (card.handoff.id, card.handoff.version, card.handoff.state, card.handoff.claimed_by, card.handoff.priority,
         card.handoff.rep_id, card.words, card.product, card.customer.version)
        for card in cards
    ]  # fmt: skip
    told = repr((shown, sorted(counts.items()), now.replace(second=0, microsecond=0)))
    return hashlib.sha256(told.encode()).hexdigest()[:20]
