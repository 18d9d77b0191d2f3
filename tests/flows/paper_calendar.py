"""Rows, campaigns and a paper calendar for the cases worked out by hand."""

from datetime import datetime
from typing import Any

from tests.flows import reference_planner

# The paper calendar:   Mo Tu We Th Fr Sa Su
#   August 2026         24 25 26 27 28 29 30
#   September 2026      31  1  2  3  4  5  6   (31 is still August)
#                        7  8  9 10 11 12 13   (7 is Labor Day, a holiday where a test says so)
#                       14 15 16 17 18 19 20
TUESDAY_NINE = "2026-09-01T09:00:00-04:00"  # New York; 13:00 UTC
MONDAY = "2026-08-31"  # the day before: a step of day 1 is due on Tuesday 1 September

HEADER = (
    "email,first_name,last_name,order_id,purchased_at,delivered_at,status,product_name,sku,category,amount,"
    "currency,rep_email,timezone,country,locale,promise,promise_due_on"
)


def bought(purchased_at: str, order_id: str = "A1", **facts: str) -> dict[str, str]:
    """A row for Ana's car; nothing says where she lives, so the company's zone is hers."""
    car = {"email": "ana@customers.example", "category": "car", "amount": "30000"}
    return dict.fromkeys(HEADER.split(","), "") | car | {"order_id": order_id, "purchased_at": purchased_at} | facts


def campaign(*days: int, **rules: Any) -> dict[str, Any]:
    """A campaign with a step called dN for each day N."""
    return {"steps": [{"id": f"d{day}", "day": day, "template": "hello"} for day in days]} | rules


def house(campaigns: dict[str, dict[str, Any]], **sending: Any) -> dict[str, Any]:
    weekdays = {"window": "09:00-17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
    return {
        "company": {"timezone": "America/New_York"},
        "sending": weekdays | sending,
        "campaigns": campaigns,
    }


def mails(plan: dict[str, Any], *rows: dict[str, str], start: str = TUESDAY_NINE, **told: Any) -> str:
    """All that arrives, in order of arrival: "car d3 Thu 3 Sep, ..."."""
    story = reference_planner.Story(datetime.fromisoformat(start), told.pop("days", 30), **told)
    found = sorted(reference_planner.plan(rows, plan, story), key=lambda mail: mail[3])
    return ", ".join(f"{name} {step} {on:%a} {on.day} {on:%b}" for _, name, step, on in found)


# The day of a step
