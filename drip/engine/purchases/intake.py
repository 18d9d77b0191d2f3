"""RECORD: purchases come in, once or a hundred times, and what they change about the plan follows."""

import functools
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from drip import logs
from drip.campaigns import published
from drip.engine.purchases import compare, intake_effects, intake_ledger, intake_newcomers, intake_people, intake_rows
from drip.engine.purchases.compare import Outcome, Status
from drip.engine.purchases.intake_effects import Effects
from drip.engine.purchases.intake_newcomers import Newcomer
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.models import purchase, system

AHEAD = timedelta(days=1)  # clocks differ, and it may be tomorrow already where the customer lives
BEFORE_SALE = timedelta(days=1)
ANOTHER_ADDRESS = "This purchase is recorded for another address."
log = logging.getLogger(__name__)


class Recorded(NamedTuple):
    """What became of one purchase: ids where it is kept, the campaigns it starts to walk, and why, for people."""

    status: Status
    purchase_id: int | None = None
    customer_id: int | None = None
    enrolled: tuple[str, ...] = ()
    detail: str = ""


# Somebody wrote it for another customer a moment before us.
LOST = Recorded(Status.conflict, detail=ANOTHER_ADDRESS)


def record(session: Session, purchases: Sequence[PurchaseIn], *, key: bytes) -> list[Recorded]:
    """Record up to some thousand purchases; a result for each, in their order. Commits nothing.

    Safe when many processes record the same purchase at once: UNIQUE(source, external_id) decides, and locks are
    taken in the order customers (ascending id), purchases, enrollments, messages. `key` is what suppressed
    addresses are hashed with (`Settings.secret_key()`). Raises NothingPublishedError.
    """
    rules, now = published.rules(session), system.business_now(session)
    refused = refusals(session, purchases, now)
    taken = [came for came, no in zip(purchases, refused, strict=True) if no is None]
    call = intake_rows.Call(rules, now, intake_rows.our_reps(session, {came.rep_email for came in taken}))
    met = intake_people.meet(session, [came.customer for came in taken], now)
    newcomers = intake_newcomers.among(taken, met, call)
    others = [came for came in taken if came.key not in newcomers]
    ledger = intake_ledger.opened(session, others, met, call)
    outcomes = [intake_ledger.fold(ledger, came) for came in others]
    intake_ledger.write(session, ledger, {key: each.bought for key, each in newcomers.items()})
    effects = intake_effects.follow(session, intake_ledger.changes(ledger), key)
    fresh = intake_newcomers.follow(session, newcomers, ledger.ids, call, key)
    new = {key: _newcomer(each, ledger.ids.get(key), fresh) for key, each in newcomers.items()}
    known = _others(ledger, others, outcomes, effects)
    recorded = (new.get(came.key) or next(known) for came in taken)
    results = [no or next(recorded) for no in refused]
    log.info(logs.line("recorded", **Counter([str(each.status) for each in results])))
    return results


def refusals(session: Session, purchases: Sequence[PurchaseIn], now: datetime) -> list[Recorded | None]:
    """What cannot be, and what belongs to another address, before anything is locked or written.

    A time without an offset may be meant in any zone on earth.
    """
    keys = [came[:2] for came in purchases]
    owners, latest, refused = purchase.owners(session, keys), now + AHEAD, list[Recorded | None]()
    for key, came in zip(keys, purchases, strict=True):
        email, bought, delivered = came.customer.email, came.purchased_at, came.delivered_at
        earliest = bought if bought.tzinfo else _earliest(bought)
        if earliest > latest:
            detail = f"purchased_at {bought:%Y-%m-%d} is in the future; today is {now:%Y-%m-%d}"
            refused.append(Recorded(Status.rejected, detail=detail))
        elif delivered and (delivered if delivered.tzinfo else _latest(delivered)) < earliest - BEFORE_SALE:
            detail = f"delivered_at {delivered:%Y-%m-%d} is before purchased_at {bought:%Y-%m-%d}"
            refused.append(Recorded(Status.rejected, detail=detail))
        else:
            refused.append(None if owners.setdefault(key, email) == email else LOST)
    return refused


@functools.lru_cache(maxsize=4096)
def _earliest(wall: datetime) -> datetime:
    return wall.replace(tzinfo=UTC) - compare.EAST


@functools.lru_cache(maxsize=4096)
def _latest(wall: datetime) -> datetime:
    return wall.replace(tzinfo=UTC) + compare.WEST


def _others(
    ledger: intake_ledger.Ledger, others: Sequence[PurchaseIn], outcomes: Sequence[Outcome], effects: Effects
) -> Iterator[Recorded]:
    told: set[int] = set()
    for came, outcome in zip(others, outcomes, strict=True):
        purchase_id = ledger.ids.get(came.key)
        if purchase_id is None:
            yield LOST
            continue
        first = outcome.is_heard and purchase_id not in told
        told |= {purchase_id} if first else set()
        notes = (outcome.detail, effects.notes.get(purchase_id, "") if first else "")
        yield Recorded(
            outcome.status,
            purchase_id,
            outcome.kept.customer_id,
            effects.enrolled.get(purchase_id, ()) if first else (),
            " ".join(filter(None, notes)),
        )


def _newcomer(each: Newcomer, purchase_id: int | None, effects: Effects) -> Recorded:
    if purchase_id is None:
        return LOST
    told = (effects.enrolled.get(purchase_id, ()), effects.notes.get(purchase_id, ""))
    return Recorded(Status.created, purchase_id, each.person.id, *told)
