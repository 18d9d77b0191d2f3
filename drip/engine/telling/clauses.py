"""What `match` and `when` say, in words."""

from collections.abc import Iterable
from decimal import Decimal

from drip.campaigns import definition

PROMISES = {
    "open": "a promise is still open",
    "kept": "a promise was kept",
    "broken": "a promise was broken",
    "none": "nothing was promised",
}


def said(condition: definition.When | definition.Match | None) -> str:
    """A clause that fits after "only if"; empty when there is no condition."""
    return " and ".join(_clause(name, value) for name, value in _parts(condition).items())


def unmet(when: definition.When, facts: definition.PurchaseFacts) -> str:
    """The same, of those parts of a condition that are not true of a purchase."""
    failing = definition.When.model_validate(
        {
            name: value
            for name, value in _parts(when).items()
            if not definition.holds(definition.When.model_validate({name: value}), facts)
        }
    )
    return said(failing)


def _parts(condition: definition.When | definition.Match | None) -> dict[str, object]:
    return condition.model_dump(exclude_none=True, exclude_defaults=True) if condition else {}


def _clause(name: str, value: object) -> str:
    if name == "promises":
        return PROMISES[str(value)]
    if name == "repeat_buyer":
        return "they have bought before" if value else "it is their first purchase"
    if name == "min_amount":
        return f"the amount is at least {_money(value)}"
    if name == "max_amount":
        return f"the amount is at most {_money(value)}"
    return f"the {name} is {_either(value)}"


def _money(value: object) -> str:
    return f"{Decimal(str(value)):,f}"


def _either(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
