"""What a letter may say about one customer and purchase: the only facts that templates see."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import Row

from drip.campaigns import calendar, definition
from drip.models.customer import Customer
from drip.models.purchase import Promise, PromiseState, Purchase
from drip.models.rep import Rep

# Seasons are turned round where nearly all people live south of the equator.
_SOUTHERN = "AO AR AU BO BR BW CL FJ LS MG MU MW MZ NA NC NZ PE PF PG PY RE SZ TL UY VU ZA ZM ZW"
SOUTH = frozenset(_SOUTHERN.split())
SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a letter is about, as models or as rows with the same names; `at` is the instant (business time)
    at which it is written."""

    customer: Customer | Row[Any]
    purchase: Purchase | Row[Any]
    promises: Sequence[Promise | Row[Any]]
    rep: Rep
    company: definition.Company
    zone: ZoneInfo
    at: datetime
    unsubscribe: str


def context(about: About) -> dict[str, object]:
    """Plain texts and numbers; a fact that is not known is absent, so that a letter which needs it is not sent."""
    today = calendar.local_date(about.at, about.zone)
    bought_on = calendar.local_date(about.purchase.purchased_at, about.zone)
    return {
        "customer": _customer(about.customer),
        "purchase": _purchase(about.purchase, about.zone),
        "days_since_purchase": (today - bought_on).days,
        "promise": _first_open(about.promises),
        "promises": {
            "open": _joined(about.promises, PromiseState.open),
            "kept": _joined(about.promises, PromiseState.kept),
        },
        "rep": _rep(about.rep),
        "company": {"name": about.company.name, "postal_address": about.company.postal_address},
        "season": season(today, about.customer.country or about.company.country),
        "links": {"unsubscribe": about.unsubscribe},
    }


def season(on: date, country: str | None) -> str:
    """Meteorological seasons: winter is December to February in the north, June to August in the south."""
    quarter = on.month % 12 // 3
    return SEASONS[(quarter + 2) % 4 if country in SOUTH else quarter]


def _customer(customer: Customer | Row[Any]) -> dict[str, str]:
    name = f"{customer.first_name} {customer.last_name}".strip()
    return _known(
        first_name=customer.first_name,
        last_name=customer.last_name,
        name=name,
        email=customer.email,
        country=customer.country,
        locale=customer.locale,
    )


def _purchase(purchase: Purchase | Row[Any], zone: ZoneInfo) -> dict[str, str]:
    delivered_at = purchase.delivered_at
    return _known(
        product_name=purchase.product_name,
        sku=purchase.sku,
        category=purchase.category,
        amount=f"{purchase.amount:,.2f}" if purchase.amount is not None else None,
        currency=purchase.currency,
        purchased_on=_said(calendar.local_date(purchase.purchased_at, zone)),
        delivered_on=_said(calendar.local_date(delivered_at, zone)) if delivered_at else None,
    )


def _rep(rep: Rep) -> dict[str, str]:
    return _known(name=rep.name, first_name=rep.name.split()[0], email=rep.email, phone=rep.phone)


def _first_open(promises: Sequence[Promise | Row[Any]]) -> dict[str, str]:
    still_open = [promise for promise in promises if promise.state is PromiseState.open]
    if not still_open:
        return {}
    first = min(still_open, key=lambda promise: (promise.due_on or date.max, promise.id))
    return _known(text=first.text, due_on=_said(first.due_on) if first.due_on else None)


def _joined(promises: Sequence[Promise | Row[Any]], state: PromiseState) -> str:
    texts = [promise.text for promise in promises if promise.state is state]
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


@functools.lru_cache(maxsize=1024)
def _said(day: date) -> str:
    return format_date(day, "d MMMM yyyy", locale="en")


def _known(**facts: str | None) -> dict[str, str]:
    return {name: text for name, text in facts.items() if text}
