"""Write purchases.csv: 1,000 invented rows over the 400 days before the example's clock, always the same.

`python examples/make_purchases.py [PATH]`: run it after a change in any of the modules here.
"""

import csv
import io
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import cast
import draw
import till
import world

ROWS = 1_000
SECOND_LINES = 12


def csv_text() -> str:
    """The whole file, lines ending in a bare newline."""
    dice = random.Random("Harbour Cars")
    played = [_played(part) for part in cast.CAST]
    drawn = draw.draw(dice, ROWS - len(played) - len(cast.BROKEN) - SECOND_LINES)
    sales = sorted(drawn + played, key=lambda sale: sale.bought)
    rows = [till.row(dice, sale, f"HC-{20_001 + place}") for place, sale in enumerate(sales)]
    return _as_csv(list(_with_broken(_with_second_lines(dice, rows))))


def _played(part: cast.Part) -> draw.Sale:
    place = next(found for found in world.PLACES if found.timezone == part.timezone)
    buyer = draw.Buyer(part.person, f"{part.person.mailbox}@{part.host}", place)
    bought, delivered = part.bought.replace(tzinfo=world.SHOP), part.delivered.replace(tzinfo=world.SHOP)
    promise = {"promise": part.promise, "due_on": part.due_on}
    return draw.Sale(buyer, part.product, bought, delivered, place.rep, **promise)


def _with_second_lines(dice: random.Random, rows: list[till.Row]) -> list[till.Row]:
    """Some orders have two lines: a second promise for the same car, or something bought with it."""
    cars = [row["order_id"] for row in rows if row["category"] == "car" and row["promise"] and row["first_name"]]
    chosen = set(dice.sample(cars, SECOND_LINES))
    return [line for row in rows for line in (_lines(dice, row) if row["order_id"] in chosen else [row])]


def _lines(dice: random.Random, row: till.Row) -> list[till.Row]:
    if dice.random() < 0.5:
        others = [promise for promise in world.CAR_PROMISES if promise != row["promise"]]
        return [row, row | {"promise": dice.choice(others)}]
    extra = dice.choice(world.EXTRAS)
    bought_with_it = {"product_name": extra.name, "sku": extra.sku, "category": extra.category}
    return [row, row | bought_with_it | {"amount": f"{extra.low}.00", "promise": "", "promise_due_on": ""}]


def _with_broken(rows: list[till.Row]) -> Iterator[till.Row]:
    """Broken rows stand evenly among the good ones, each in order but for the cells that are wrong."""
    every = len(rows) // len(cast.BROKEN)
    for place, row in enumerate(rows):
        yield row
        number, rest = divmod(place, every)
        if rest == every // 2 and number < len(cast.BROKEN):
            own = {"order_id": f"HC-9{number:04}", "email": f"broken{number}@post.test", "status": "paid"}
            yield row | own | cast.BROKEN[number]


def _as_csv(rows: list[till.Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else world.HERE / "purchases.csv"
    target.write_bytes(csv_text().encode())
