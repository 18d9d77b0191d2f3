"""BATCH: many purchases come in at once. Strangers are recorded in one transaction, people whom we know some at a time.

Nobody waits for rows that are new. But whoever is known stays locked until the transaction ends: a gate waits for each
of them, and the kill switch for the gate.
"""

import threading
from collections import Counter
from collections.abc import Sequence

from drip import db
from drip.engine.purchases import intake
from drip.engine.purchases.intake import Recorded
from drip.engine.purchases.purchase_in import PurchaseIn
from drip.models import customer

KNOWN_AT_ONCE = 250  # orders of people whom we know, a few dozen milliseconds
_turn = threading.Lock()  # one transaction of those at a time


def record(database: db.Database, purchases: Sequence[PurchaseIn], *, key: bytes) -> list[Recorded]:
    """A result for each, in their order. Owns its transactions."""
    if len(purchases) <= KNOWN_AT_ONCE:
        return list(_recorded(database, list(enumerate(purchases)), key).values())
    strangers, known = _told_apart(database, purchases)
    results = _recorded(database, strangers, key)
    for start in range(0, len(known), KNOWN_AT_ONCE):
        with _turn:
            results |= _recorded(database, known[start : start + KNOWN_AT_ONCE], key)
    return [results[place] for place in range(len(purchases))]


_Placed = tuple[int, PurchaseIn]  # where it stands in the batch, and what it is


def _told_apart(database: db.Database, purchases: Sequence[PurchaseIn]) -> tuple[list[_Placed], list[_Placed]]:
    """Those of strangers, and those of people whom we know. Who claims an order that another row claims, too, is in the
    second lot, which keeps its order: the first of them wins."""
    with database.read() as session:
        known = customer.known(session, {came.customer.email for came in purchases})
    claims = Counter([came.key for came in purchases])
    apart: tuple[list[_Placed], list[_Placed]] = ([], [])
    for place, came in enumerate(purchases):
        apart[came.customer.email in known or claims[came.key] > 1].append((place, came))
    return apart


def _recorded(database: db.Database, placed: Sequence[_Placed], key: bytes) -> dict[int, Recorded]:
    if not placed:
        return {}
    with database.write() as session:
        recorded = intake.record(session, [came for _, came in placed], key=key)
    return dict(zip((place for place, _ in placed), recorded, strict=True))
