"""Whom a campaign and a step are for: pure rules over what is known of a purchase."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, model_validator

from drip.campaigns import fields


class PurchaseFacts(NamedTuple):
    """What conditions look at; None is not known, and fits no condition that asks for it."""

    category: str | None
    sku: str | None
    product: str | None
    amount: Decimal | None
    currency: str | None
    country: str | None
    promises_open: int
    promises_kept: int
    promises_broken: int
    repeat_buyer: bool


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    category: fields.Texts | None = None
    sku: fields.Texts | None = None
    country: fields.Countries | None = None
    min_amount: fields.Amount | None = None
    max_amount: fields.Amount | None = None

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.min_amount is not None and self.max_amount is not None and self.min_amount > self.max_amount:
            raise fields.wrong("min_amount is above max_amount.", "Write the smaller number as min_amount.")
        return self


class Match(_Condition):
    """The purchases that a campaign is for; each key narrows it, none means all."""

    product: fields.Texts | None = None
    currency: fields.Codes | None = None


class When(_Condition):
    """When a step is worth writing, judged when it is due."""

    promises: Literal["open", "kept", "broken", "none"] | None = None
    repeat_buyer: fields.Flag | None = None


def matches(match: Match, facts: PurchaseFacts) -> bool:
    """Whether a campaign is for this purchase. Text is compared whole, upper and lower case alike."""
    return matcher(match)(facts)


def matcher(match: Match) -> Callable[[PurchaseFacts], bool]:
    """The same for many purchases: what the campaign leaves open is not looked at."""
    return _asked(match, ("category", "sku", "country", "product", "currency"))


def holds(when: When, facts: PurchaseFacts) -> bool:
    """Whether a step's condition is true of this purchase."""
    return (
        _asked(when, ("category", "sku", "country"))(facts)
        and (when.promises is None or _promises(when.promises, facts))
        and when.repeat_buyer in (None, facts.repeat_buyer)
    )


def _asked(condition: _Condition, names: tuple[str, ...]) -> Callable[[PurchaseFacts], bool]:
    said = {name: getattr(condition, name) for name in names}
    wanted = [(attrgetter(name), _folded(words)) for name, words in said.items() if words is not None]
    least, most = condition.min_amount, condition.max_amount
    is_bounded = least is not None or most is not None

    def fits(facts: PurchaseFacts) -> bool:
        for fact, words in wanted:
            found = fact(facts)
            if found is None or found.strip().casefold() not in words:
                return False
        return not is_bounded or _is_between(least, most, facts.amount)

    return fits


@functools.lru_cache(maxsize=1024)
def _folded(wanted: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one.strip().casefold() for one in wanted)


def _is_between(least: Decimal | None, most: Decimal | None, found: Decimal | None) -> bool:
    return found is not None and (least is None or least <= found) and (most is None or found <= most)


def _promises(wanted: Literal["open", "kept", "broken", "none"], facts: PurchaseFacts) -> bool:
    """`kept` means kept and nothing else: never a happy word over a promise still open or broken."""
    unkept = facts.promises_open + facts.promises_broken
    return {
        "open": facts.promises_open > 0,
        "kept": facts.promises_kept > 0 and unkept == 0,
        "broken": facts.promises_broken > 0,
        "none": facts.promises_kept + unkept == 0,
    }[wanted]
