"""Whom a campaign and a step are for: pure rules over what is known of a purchase."""

from __future__ import annotations

import functools
from decimal import Decimal
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
    return (
        _fits(match, facts) and _is_one_of(match.product, facts.product) and _is_one_of(match.currency, facts.currency)
    )


def holds(when: When, facts: PurchaseFacts) -> bool:
    """Whether a step's condition is true of this purchase."""
    return (
        _fits(when, facts)
        and (when.promises is None or _promises(when.promises, facts))
        and when.repeat_buyer in (None, facts.repeat_buyer)
    )


def _fits(condition: _Condition, facts: PurchaseFacts) -> bool:
    return (
        _is_one_of(condition.category, facts.category)
        and _is_one_of(condition.sku, facts.sku)
        and _is_one_of(condition.country, facts.country)
        and _is_between(condition.min_amount, condition.max_amount, facts.amount)
    )


def _is_one_of(wanted: tuple[str, ...] | None, found: str | None) -> bool:
    if wanted is None:
        return True
    return found is not None and found.strip().casefold() in _folded(wanted)


@functools.lru_cache(maxsize=1024)
def _folded(wanted: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one.strip().casefold() for one in wanted)


def _is_between(least: Decimal | None, most: Decimal | None, found: Decimal | None) -> bool:
    if least is None and most is None:
        return True
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
