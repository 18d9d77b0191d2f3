"""Who buys again: which purchases of one customer walk one campaign, by its `repeat_purchase`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

Rank = tuple[datetime, int]  # when it was bought, then in which order we heard of it


@dataclass(frozen=True, slots=True)
class Walk:
    """An enrollment that exists: is it going on, and does its purchase still count (neither refunded nor cancelled)?"""

    enrollment_id: int
    rank: Rank
    is_open: bool
    is_paid: bool


class Newcomer(NamedTuple):
    """A purchase that could be enrolled now, and whether any day of the campaign is left for it."""

    purchase_id: int
    rank: Rank
    has_days_left: bool


class Decision(NamedTuple):
    """Purchases that walk (or have no day left), purchases that are superseded at once, enrollments that end."""

    walks: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


def decide(policy: str, walks: Sequence[Walk], newcomers: Sequence[Newcomer]) -> Decision:
    """Policies as in INTERFACES.md: newest, first, both. The order in which purchases arrive does not matter for
    `newest`; for `first`, a purchase that comes while another walks is left out."""
    if not walks and len(newcomers) == 1:
        return Decision(walks=(newcomers[0].purchase_id,))
    ordered = sorted(newcomers, key=lambda each: each.rank)
    if policy == "both":
        return Decision(walks=tuple(each.purchase_id for each in ordered))
    return _first(walks, ordered) if policy == "first" else _newest(walks, ordered)


def _first(walks: Sequence[Walk], ordered: Sequence[Newcomer]) -> Decision:
    if any(walk.is_open for walk in walks):
        return Decision()
    first = next((at for at, each in enumerate(ordered) if each.has_days_left), len(ordered))
    return Decision(walks=tuple(each.purchase_id for each in ordered[: first + 1]))


def _newest(walks: Sequence[Walk], ordered: Sequence[Newcomer]) -> Decision:
    newest = max((walk.rank for walk in walks if walk.is_paid), default=None)
    if not ordered:
        return Decision()
    if newest is not None and newest > ordered[-1].rank:
        return Decision(superseded=tuple(each.purchase_id for each in ordered))
    return Decision(
        walks=(ordered[-1].purchase_id,),
        superseded=tuple(each.purchase_id for each in ordered[:-1]),
        ends=tuple(walk.enrollment_id for walk in walks if walk.is_open),
    )
