"""PROMISES: somebody says whether what was promised at the sale was kept; check-ins that ask for it follow."""

from sqlalchemy.orm import Session

from drip.models import audit, customer, system
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
