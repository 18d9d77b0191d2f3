"""The house of the simulation: two campaigns that get in each other's way, and some hundred buyers in two zones."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from drip import db, schema
from drip.campaigns import definition
from drip.engine.purchases import purchase_in
from tests import world

DAYS = (1, 2, 3, 6, 7, 8, 9, 10, 13, 14)
CARE_DAYS = (2, 8)
ZONES = ("America/New_York", "Europe/London")
SECTIONS = """\
[company]
name = "Quay Bicycles"
postal_address = "1 Test Lane, Springfield"
timezone = "America/New_York"
country = "US"

[sending]
domain = "quay.example"
inbound_domain = "mail.quay.example"
window = "{window}"
days = ["mon", "tue", "wed", "thu", "fri"]

[[reps]]
email = "rita@quay.example"
name = "Rita Moss"
timezone = "America/New_York"
"""
CAMPAIGN = """
[campaigns.{name}]
title = "{title}"
anchor = "delivered_at"
match = {{ category = ["{category}"] }}
repeat_purchase = "{repeat}"
priority = {priority}
"""
STEP = """
[[campaigns.{name}.steps]]
id = "day{number}"
day = {day}
template = "hello"
"""


def published(folder: Path, edition: int) -> definition.House:
    """What marketing writes, in its first, second, ... edition: other days, other hours, another title."""
    path = folder / f"edition{edition}.toml"
    path.write_text(_toml(edition))
    return definition.load(path, world.HERE / "templates" / "emails")


def _toml(edition: int) -> str:
    ride = CAMPAIGN.format(name="ride", title=f"Edition {edition}", category="bike", repeat="newest", priority=10)
    care = CAMPAIGN.format(name="care", title=f"Edition {edition}", category="helmet", repeat="both", priority=5)
    window = ("09:00-17:00", "08:00-18:00")[edition % 2]
    late = edition % 3
    rides = (STEP.format(name="ride", number=day, day=day + late) for day in DAYS)
    cares = (STEP.format(name="care", number=day, day=day + late) for day in CARE_DAYS)
    return SECTIONS.format(window=window) + ride + "".join(rides) + care + "".join(cares)


def bought(number: int, order: str, at: datetime, **facts: Any) -> purchase_in.PurchaseIn:
    """A purchase of the buyer with this number; every fifth order is a helmet."""
    helmet = order.startswith("helmet")
    product = {"name": "Helmet" if helmet else "Quay 3", "category": "helmet" if helmet else "bike"}
    customer = {"email": email(number), "first_name": "Ana", "timezone": ZONES[number % len(ZONES)]}
    came = {"source": "shop", "external_id": order, "purchased_at": at.isoformat(), "product": product}
    return purchase_in.parse(came | {"delivered_at": at.isoformat(), "customer": customer} | facts)


def email(number: int) -> str:
    return f"buyer{number}@buyers.example"


def first_purchases(buyers: int, start: datetime) -> Iterator[list[purchase_in.PurchaseIn]]:
    """Everybody buys a bicycle the day before, one in six a helmet too; in portions."""
    yesterday = start - timedelta(days=1)
    orders = [bought(number, f"bike{number}", yesterday) for number in range(buyers)]
    orders += [bought(number, f"helmet{number}", yesterday) for number in range(0, buyers, 6)]
    for begin in range(0, len(orders), 500):
        yield orders[begin : begin + 500]


def database(folder: Path) -> db.Database:
    """A migrated and empty one."""
    shutil.copy(_template(), folder / "drip.db")
    return db.Database(f"sqlite:///{folder / 'drip.db'}")


_templates: list[tempfile.TemporaryDirectory[str]] = []


def _template() -> Path:
    """A migrated file, made once a process."""
    if not _templates:
        _templates.append(tempfile.TemporaryDirectory())
        database = db.Database(f"sqlite:///{_templates[0].name}/drip.db")
        schema.upgrade(database)
        database.close()
    return Path(_templates[0].name) / "drip.db"
