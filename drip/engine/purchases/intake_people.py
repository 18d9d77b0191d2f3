"""The customers behind purchases that come in: met, locked, and known a little better."""

import operator
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.engine.purchases.purchase_in import CustomerIn
from drip.models import bulk, customer
from drip.models.customer import Customer

FACTS = ("first_name", "last_name", "timezone", "country", "locale")
_facts = operator.attrgetter(*FACTS)


class Person(NamedTuple):
    """What is known of a customer."""

    id: int
    email: str
    first_name: str
    last_name: str
    timezone: str | None
    country: str | None
    locale: str | None

    def zone(self, rules: published.Rules) -> ZoneInfo:
        """Where this customer's clock hangs."""
        return rules.zone(self.timezone, self.country)


def meet(session: Session, customers: Iterable[CustomerIn], now: datetime) -> dict[str, Person]:
    """All of these customers by address, new ones written, everyone locked in the order of their ids.

    Written in the order of their addresses, so that two imports never wait for each other in a ring.
    """
    first = {each.email: each for each in reversed(list(customers))}
    rows = [_row(first[email], now) for email in sorted(first)]
    if not rows:
        return {}
    bulk.insert_new(session, Customer, rows)
    return {row["email"]: Person(*row.values()) for row in customer.by_email(session, first, lock=True)}


def learn(person: Person, told: CustomerIn, *, is_newest: bool) -> Person:
    """What is blank is filled in; what is known changes only by the customer's newest purchase.

    So the end is the same in whatever order purchases arrive, and however often.
    """
    if _facts(told) == _facts(person):
        return person
    news = {}
    for name in FACTS:
        said, known = getattr(told, name), getattr(person, name)
        if said and said != known and (is_newest or not known):
            news[name] = said
    return person._replace(**news) if news else person


def write(session: Session, people: Iterable[Person]) -> None:
    """Keep what was learned; the caller raises the versions."""
    rows = [{"key": each.id, **{f"new_{name}": getattr(each, name) for name in FACTS}} for each in people]
    if rows:
        session.connection().execute(_LEARNED, rows)


def _row(told: CustomerIn, now: datetime) -> dict[str, object]:
    facts = dict(zip(FACTS, _facts(told), strict=True))
    return {"email": told.email, **facts, "version": 1, "created_at": now}


_customers = Customer.__table__
_LEARNED = (
    update(_customers)  # type: ignore[arg-type]
    .where(_customers.c.id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in FACTS})
)
