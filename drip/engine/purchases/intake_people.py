"""The customers behind purchases that come in: met, locked, and known a little better."""

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.engine.purchases.purchase_in import CustomerIn
from drip.models import bulk, customer
from drip.models.customer import Customer

FACTS = ("first_name", "last_name", "timezone", "country", "locale")


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
        return _zone(self.timezone, self.country, rules.company.timezone)


class Met(NamedTuple):
    """Customers by address; of the `strangers` (ids) nobody has heard before, and nobody can before we commit."""

    people: dict[str, Person]
    strangers: frozenset[int]


def meet(session: Session, customers: Iterable[CustomerIn], now: datetime) -> Met:
    """All of these customers, new ones written, those who were there locked in the order of their ids.

    Written in the order of their addresses, so that two imports never wait for each other in a ring.
    """
    first = {each.email: each for each in reversed(list(customers))}
    known = customer.known(session, first)
    rows = [first[email] for email in sorted(first.keys() - known)]
    listed = bulk.listed(Customer, CustomerIn._fields, rows, {"version": 1, "created_at": now})
    told = bulk.insert_told(session, listed, by=("email",))
    new = {email: Person(found, *first[email]) for (email,), found in told.items()}
    there = customer.by_email(session, first.keys() - new.keys(), lock=True)
    return Met(new | {row["email"]: Person(*row.values()) for row in there}, frozenset(told.values()))


def learn(person: Person, told: CustomerIn, *, is_newest: bool) -> Person:
    """What is blank is filled in; what is known changes only by the customer's newest purchase.

    So the end is the same in whatever order purchases arrive, and however often.
    """
    if person[1:] == told:
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


@functools.lru_cache(maxsize=1024)
def _zone(timezone: str | None, country: str | None, company_timezone: str) -> ZoneInfo:
    """Remembered: an import asks several times for each row."""
    return calendar.zone_of(calendar.zone_for(timezone, country, company_timezone).zone_name)


_customers = Customer.__table__
_LEARNED = (
    update(_customers)  # type: ignore[arg-type]
    .where(_customers.c.id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in FACTS})
)
