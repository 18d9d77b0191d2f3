"""What a shop says now against what we keep: created, updated, unchanged, or a conflict. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from drip.models.purchase import PurchaseStatus

EAST, WEST = timedelta(hours=14), timedelta(hours=12)  # how far the clocks of the earth run from UTC


class Status(StrEnum):
    """What became of one purchase that came in."""

    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    conflict = "conflict"
    rejected = "rejected"


NO_PROMISES: Mapping[str, date | None] = MappingProxyType({})
NOT_FLOATING: Mapping[str, datetime] = MappingProxyType({})


class Bought(NamedTuple):
    """A purchase as it is kept; instants are aware UTC. `floating`: the wall times of those that had no offset."""

    customer_id: int
    purchased_at: datetime
    status: PurchaseStatus
    product_name: str
    status_at: datetime | None = None
    delivered_at: datetime | None = None
    source_updated_at: datetime | None = None
    sku: str | None = None
    category: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    rep_email: str | None = None
    consent_basis: str | None = None
    consent_at: datetime | None = None
    promises: Mapping[str, date | None] = NO_PROMISES
    floating: Mapping[str, datetime] = NOT_FLOATING


class Outcome(NamedTuple):
    """The verdict on one row, what is kept from now on, and why in a few words; `is_heard`: it was not ignored."""

    status: Status
    kept: Bought
    detail: str = ""
    is_heard: bool = True


def compare(kept: Bought, came: Bought) -> Outcome:
    """Blank facts leave what is known alone; an older `source_updated_at` is ignored as a whole."""
    if clash := _clash(kept, came):
        return Outcome(Status.conflict, kept, clash, is_heard=False)
    if _is_older(came, kept):
        return Outcome(Status.unchanged, kept, "Older than what we know already.", is_heard=False)
    status = _status(kept, came)
    merged = _filled(kept, came)._replace(
        status=status,
        status_at=came.status_at if status is not kept.status else kept.status_at,
        source_updated_at=came.source_updated_at or kept.source_updated_at,
        promises={**kept.promises, **_told(kept, came)},
    )
    detail = f"It stays {kept.status}." if status is not came.status else ""
    same = merged._replace(source_updated_at=kept.source_updated_at) == kept
    return Outcome(Status.unchanged if same else Status.updated, merged, detail)


def shows(instant: datetime, wall: datetime) -> bool:
    """Whether some clock on earth shows this wall time at that instant."""
    utc = wall.replace(tzinfo=UTC)
    return utc - EAST <= instant <= utc + WEST


def _clash(kept: Bought, came: Bought) -> str:
    """Address, time and product are what makes it this purchase."""
    if kept.customer_id != came.customer_id:
        return "This purchase is recorded for another address."
    if not _is_kept(kept.purchased_at, came, "purchased_at"):
        return f"This purchase is recorded as bought at {kept.purchased_at:%Y-%m-%d %H:%M} UTC."
    if kept.product_name != came.product_name:
        return f"This purchase is recorded with the product {kept.product_name!r}."
    if kept.sku and came.sku and kept.sku != came.sku:
        return f"This purchase is recorded with the sku {kept.sku!r}."
    return ""


def _is_older(came: Bought, kept: Bought) -> bool:
    both = came.source_updated_at and kept.source_updated_at
    return bool(both and came.source_updated_at < kept.source_updated_at)  # type: ignore[operator]


def _status(kept: Bought, came: Bought) -> PurchaseStatus:
    """Refunded or cancelled stays so, unless the shop says otherwise later than that."""
    stopped, revives = kept.status is not PurchaseStatus.paid, came.status is PurchaseStatus.paid
    if not (stopped and revives):
        return came.status
    known_at = kept.source_updated_at or kept.status_at
    is_newer = came.source_updated_at and known_at and came.source_updated_at > known_at
    return PurchaseStatus.paid if is_newer else kept.status


_MUTABLE = ("delivered_at", "sku", "category", "amount", "currency", "rep_email", "consent_basis", "consent_at")


def _filled(kept: Bought, came: Bought) -> Bought:
    told = {name: getattr(came, name) for name in _MUTABLE}
    news = {name: value for name, value in told.items() if value is not None}
    for name in ("delivered_at", "consent_at"):
        known = getattr(kept, name)
        if name in news and known is not None and _is_kept(known, came, name):
            del news[name]
    return kept._replace(**news)


def _is_kept(known: datetime, came: Bought, name: str) -> bool:
    """A time that came without an offset is no news where the known instant may be what it means."""
    wall = came.floating.get(name)
    return shows(known, wall) if wall else bool(known == getattr(came, name))


def _told(kept: Bought, came: Bought) -> dict[str, date | None]:
    """A promise told again without its date keeps the date that is known."""
    return {text: due_on or kept.promises.get(text) for text, due_on in came.promises.items()}
