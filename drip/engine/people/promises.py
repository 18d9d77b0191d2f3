"""PROMISES: somebody says whether what was promised at the sale was kept; check-ins that ask for it follow."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from drip.engine.telling import times
from drip.models import audit, customer, fixed, once, system
from drip.models.purchase import Promise, PromiseState, Purchase


def mark(session: Session, customer_id: int, promise_id: int, state: PromiseState, actor: str) -> bool:
    """Whether this customer has that promise; said twice, it is said once.

    The customer's row is locked and changed, so that a letter that was written before is written anew.
    """
    who = customer.lock(session, [customer_id]).get(customer_id)
    row = session.get(Promise, promise_id)
    if who is None or row is None or session.get_one(Purchase, row.purchase_id).customer_id != customer_id:
        return False
    if row.state is not state:
        row.state, row.changed_at = state, system.business_now(session)
        who.version += 1
        audit.note(session, actor, f"promise {state}", f"customer:{customer_id}", row.text)
    return True


def still_open(session: Session, customer_ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """The open promises of each of these customers (id, text, due_on), the first due first; not asked for again in this
    transaction."""

    def ask(ids: list[int]) -> Iterator[tuple[int, list[Row[Any]]]]:
        found: dict[int, list[Row[Any]]] = {each: [] for each in ids}
        for row in fixed.run(session, _OPEN, ids=ids):
            found[row.customer_id].append(row)
        return iter(found.items())

    return once.asked(session, "promises", customer_ids, ask)


_OPEN = (
    select(Purchase.customer_id, Promise.id, Promise.text, Promise.due_on)
    .join(Promise, Promise.purchase_id == Purchase.id)
    .where(fixed.among(Purchase.customer_id, "ids"), Promise.state == PromiseState.open)
    .order_by(Promise.due_on.is_(None), Promise.due_on, Promise.id)
)


def asked(row: Row[Any]) -> str:
    """One line that asks somebody whether it was kept."""
    due = f", by {times.on(row.due_on)}" if row.due_on else ""
    return f"A promise is still open: {' '.join(row.text.split())}{due}. Was it kept?"
