"""How the shop's till writes a sale down: one row of the CSV."""

import random
from datetime import UTC, datetime, timedelta, timezone

import draw
import world

Row = dict[str, str]


def row(dice: random.Random, sale: draw.Sale, order_id: str) -> Row:
    """The sale's cells by column, in the order of the file."""
    buyer, product = sale.buyer, sale.product
    return {
        "email": buyer.email,
        "first_name": buyer.person.first_name,
        "last_name": buyer.person.last_name,
        "order_id": order_id,
        "purchased_at": _written(sale.bought, sale.written, buyer.place),
        "delivered_at": _delivery_written(dice, sale),
        "status": sale.status,
        "product_name": product.name,
        "sku": product.sku,
        "category": product.category.title() if dice.random() < 0.03 else product.category,
        "amount": _amount(dice, product, buyer.place),
        "currency": buyer.place.currency,
        "rep_email": sale.rep and f"{sale.rep}@harbourcars.example",
        "timezone": buyer.place.timezone if "zone" in buyer.known else "",
        "country": buyer.place.country if "country" in buyer.known else "",
        "locale": buyer.place.locale if dice.random() < 0.7 else "",
        "promise": sale.promise,
        "promise_due_on": sale.due_on,
    }


def _written(moment: datetime, written: str, place: world.Place) -> str:
    if written == "day":
        return moment.date().isoformat()
    if written == "utc":
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if written == "local" and place.offset:
        return moment.astimezone(_fixed(place.offset)).isoformat()
    return moment.isoformat()


def _fixed(offset: str) -> timezone:
    hours, minutes = offset[1:].split(":")
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if offset[0] == "-" else shift)


def _delivery_written(dice: random.Random, sale: draw.Sale) -> str:
    """A bare date only where it can't fall before the sale, in whatever zone it is read."""
    if sale.delivered is None:
        return ""
    days_later = (sale.delivered.date() - sale.bought.date()).days
    bare = sale.written == "day" or (days_later >= 3 and dice.random() < 0.4)
    return _written(sale.delivered, "day" if bare else sale.written, sale.buyer.place)


def _amount(dice: random.Random, product: world.Product, place: world.Place) -> str:
    dollars = product.low + dice.randint(0, (product.high - product.low) // 10) * 10
    amount = round(dollars * place.rate)
    return str(amount) if place.currency in ("JPY", "KRW") or dice.random() < 0.2 else f"{amount}.00"
