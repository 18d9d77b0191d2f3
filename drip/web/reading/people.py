"""Customers: the list, found by keyset, and one of them with everything that happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from drip.models.audit import AuditEntry
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment
from drip.models.handoff import Handoff, HandoffState
from drip.models.message import Message
from drip.models.purchase import Promise, Purchase
from drip.models.rep import Rep, Reps
from drip.models.reply import Reply

PAGE = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A customer in the list: what they bought last."""

    customer: Customer
    purchase: Purchase | None


@dataclass(frozen=True, slots=True)
class Past:
    """All rows about one customer, each kind in its order."""

    purchases: Sequence[Purchase]
    promises: Sequence[Promise]
    enrollments: Sequence[Enrollment]
    messages: Sequence[Message]
    holds: Sequence[Hold]
    acts: Sequence[AuditEntry]
    replies: Sequence[Reply]
    handoffs: Sequence[Handoff]
    reps: dict[str, Rep]


def page(session: Session, words: str, before: int | None) -> list[Row]:
    """The newest first; `before` is the last id of the page before. One more than a page says that there are more."""
    rows = select(Customer).where(Customer.erased_at.is_(None))
    if words:
        rows = rows.where(called(words))
    if before is not None:
        rows = rows.where(Customer.id < before)
    found = session.scalars(rows.order_by(Customer.id.desc()).limit(PAGE + 1)).all()
    newest = _newest(session, [customer.id for customer in found])
    return [Row(customer, newest.get(customer.id)) for customer in found]


def called(words: str) -> ColumnElement[bool]:
    """SQL: name or address holds these words. SQLite knows upper and lower case of ASCII only, so é asks for É too."""
    name = Customer.first_name + " " + Customer.last_name
    spelt = {words, words.lower(), words.upper(), words.title()}
    return or_(
        Customer.email.icontains(words, autoescape=True),
        *(name.icontains(each, autoescape=True) for each in sorted(spelt)),
    )


def past(session: Session, customer_id: int) -> Past:
    """Everything that is written down about one customer."""
    purchases = session.scalars(
        select(Purchase).where(Purchase.customer_id == customer_id).order_by(Purchase.purchased_at.desc())
    ).all()
    ids = [purchase.id for purchase in purchases]
    mine = Message.customer_id == customer_id
    acts = select(AuditEntry).where(AuditEntry.subject == f"customer:{customer_id}").order_by(AuditEntry.id)
    return Past(
        purchases,
        session.scalars(select(Promise).where(Promise.purchase_id.in_(ids)).order_by(Promise.id)).all(),
        session.scalars(select(Enrollment).where(Enrollment.customer_id == customer_id).order_by(Enrollment.id)).all(),
        session.scalars(select(Message).where(mine).order_by(Message.id)).all(),
        session.scalars(select(Hold).where(Hold.customer_id == customer_id).order_by(Hold.id)).all(),
        session.scalars(acts).all(),
        session.scalars(select(Reply).where(Reply.customer_id == customer_id).order_by(Reply.id)).all(),
        session.scalars(select(Handoff).where(Handoff.customer_id == customer_id).order_by(Handoff.id)).all(),
        Reps.of(session).by_email,
    )


def talk(session: Session, customer_id: int) -> Handoff | None:
    """The conversation with this customer that is not closed."""
    mine = (Handoff.customer_id == customer_id, Handoff.state != HandoffState.closed)
    return session.scalars(select(Handoff).where(*mine)).first()


def _newest(session: Session, customer_ids: Sequence[int]) -> dict[int, Purchase]:
    rows = select(Purchase).where(Purchase.customer_id.in_(customer_ids)).order_by(Purchase.purchased_at)
    return {purchase.customer_id: purchase for purchase in session.scalars(rows)}
