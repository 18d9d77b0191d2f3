"""The oracle: the check-ins that customers must receive, worked out from the product's promises alone."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Row = dict[str, str]  # a line of the CSV by its header's names, cells stripped, "" where nothing is known
Table = Mapping[str, Any]  # as tomllib reads it
CheckIn = tuple[str, str, str, date]  # email, campaign, step id, the customer's local date
Ahead = tuple[int, date, str, str]  # a step to come: -priority, planned local date, campaign, step id
DAY, WEEK = timedelta(days=1), ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Story(NamedTuple):
    start: datetime  # aware; everything is imported at this instant
    days: int  # the clock then runs this many times 24 hours, its last instant included
    broken: frozenset[int] = frozenset()  # rows that the import refused; the header is 1, the first row 2
    one_zone: Mapping[str, str] = {}  # country -> its zone, if it has only one
    dates_in: str = ""  # the zone of times that name no offset; empty: the customer's own


def plan(rows: Iterable[Row], house: Table, story: Story) -> list[CheckIn]:
    """`house` is config.toml, with the campaigns of all files under "campaigns"."""
    orders: dict[str, Row] = {}
    for number, row in enumerate(rows, start=2):
        if number not in story.broken and _is_sound(row):
            order = orders.setdefault(row["order_id"], row | {"promise": ""})  # the first line's facts
            order["promise"] += row["promise"]  # and the promises of all
    customers: dict[str, list[Row]] = {}
    for order in orders.values():
        customers.setdefault(order["email"].lower(), []).append(order)
    return sorted(mail for email, bought in customers.items() for mail in _life(email, bought, house, story))


def _is_sound(row: Row) -> bool:
    try:
        sane = ZoneInfo(row["timezone"] or "UTC") and float(row["amount"] or 0) >= 0
        all(map(datetime.fromisoformat, (row["purchased_at"], row["delivered_at"] or row["purchased_at"])))
    except (ValueError, KeyError, OSError):
        return False
    named = row["order_id"] and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", row["email"])
    return bool(sane and named and re.fullmatch("(paid|refunded|cancelled)?", row["status"], re.I))


def _life(email: str, bought: list[Row], house: Table, story: Story) -> Iterator[CheckIn]:
    last = {fact: row[fact] for row in bought for fact in ("timezone", "country") if row[fact]}
    one_zone = story.one_zone.get(last.get("country", "").upper())
    zone = ZoneInfo(last.get("timezone") or one_zone or house["company"]["timezone"])
    paid = [row | last for row in bought if row["status"].lower() in ("", "paid")]
    walks = [walk for name in house["campaigns"] for walk in _walks(name, paid, house, story, zone)]
    patience = house["sending"].get("expires_after_days", 7) * DAY
    for day in _mail_days(house["sending"], story, zone):
        walks = [[step for step in walk if day - step[1] <= patience] for walk in walks]
        if due := [walk for walk in walks if walk and walk[0][1] <= day]:
            _, _, campaign, step = min(due).pop(0)  # one mail a day: the others wait for the next
            yield email, campaign, step, day


def _walks(name: str, paid: list[Row], house: Table, story: Story, zone: ZoneInfo) -> Iterator[list[Ahead]]:
    def local(text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(story.dates_in or zone.key))).astimezone(zone)

    plan, today = house["campaigns"][name], story.start.astimezone(zone).date()
    fitting = [row for row in paid if _fits(plan.get("match", {}), row)]
    fitting.sort(key=lambda row: local(row["purchased_at"]))
    keep = {"newest": slice(-1, None), "first": slice(1), "both": slice(None)}
    for row in fitting[keep[plan.get("repeat_purchase", "newest")]]:
        anchor = local(row[plan.get("anchor", "purchased_at")] or row["purchased_at"]).date()
        steps = [step for step in plan["steps"] if _fits(step.get("when", {}), row)]
        days = [(_allowed(anchor + step["day"] * DAY, house["sending"]), step["id"]) for step in steps]
        yield [(-plan.get("priority", 0), day, name, step) for day, step in days if day >= today]


def _mail_days(sending: Table, story: Story, zone: ZoneInfo) -> Iterator[date]:
    opens, closes = map(time.fromisoformat, sending["window"].split("-"))
    now, end = story.start.astimezone(zone), story.start.astimezone(UTC) + story.days * DAY
    day = _allowed(now.date() + DAY * (now.time() >= closes), sending)
    while datetime.combine(day, opens, zone) <= end:
        yield day
        day = _allowed(day + DAY, sending)


def _allowed(day: date, sending: Table) -> date:
    while WEEK[day.weekday()] not in sending["days"] or str(day) in map(str, sending.get("holidays", ())):
        day += DAY
    return day


def _fits(rule: Table, row: Row) -> bool:
    amount = float(row["amount"] or "nan")  # an unknown amount is neither enough nor little enough
    enough = "min_amount" not in rule or amount >= rule["min_amount"]
    modest = "max_amount" not in rule or amount <= rule["max_amount"]
    promised = rule.get("promises") in (None, "open" if row["promise"] else "none")
    lists = [key for key in rule if key not in ("min_amount", "max_amount", "promises")]
    listed = all(row[key].lower() in map(str.lower, rule[key]) for key in lists)
    return enough and modest and promised and listed
