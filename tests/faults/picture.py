"""How everything stands in a database, without ids and instants: two runs of one story must give the same."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session

from drip import db
from drip.models.customer import Customer, Hold
from drip.models.enrollment import Enrollment
from drip.models.handoff import Handoff
from drip.models.inbound import InboundMail
from drip.models.message import Message, MessageState
from drip.models.reply import Reply
from drip.models.suppression import Suppression

Picture = list[list[str]]
# What is told of each row, beside the customer; a message's `state` and `delivery` stand where `_as_unknown` looks.
TOLD: tuple[tuple[type[DeclarativeBase], tuple[str, ...]], ...] = (
    (Message, ("kind", "campaign_id", "step", "state", "reason", "delivery", "contact_day")),
    (Enrollment, ("campaign_id", "state", "reason", "next_step")),
    (Reply, ("inbound_id", "kind")),
    (InboundMail, ("id", "state")),
    (Handoff, ("state", "priority")),
    (Hold, ("reason", "until", "released")),
    (Suppression, ("reason",)),
)
STATE, DELIVERY = 5, 7


def taken(database: db.Database) -> Picture:
    """One row of words for each row that matters."""
    with database.read() as session:
        names = {row.id: row.email for row in session.scalars(select(Customer))}
        return sorted(_words(row, told, names) for table, told in TOLD for row in _all(session, table))


def differences(expected: Picture, found: Picture) -> Iterator[str]:
    """What a death has changed for good. A mail of which nobody knows whether it left may stand as that instead."""
    missing, new = _minus(expected, found), _minus(found, expected)
    for row in new:
        twin = next((each for each in missing if _as_unknown(each) == _as_unknown(row)), None)
        if twin is not None and row[STATE] == MessageState.ambiguous:
            missing.remove(twin)
        else:
            yield f"after the recovery, but not without the kill: {' '.join(row)}"
    for row in missing:
        yield f"without the kill, but not after the recovery: {' '.join(row)}"


def _all(session: Session, table: type[DeclarativeBase]) -> Sequence[DeclarativeBase]:
    return session.scalars(select(table)).all()


def _words(row: DeclarativeBase, told: Sequence[str], names: dict[int, str]) -> list[str]:
    who = names.get(getattr(row, "customer_id", None) or 0, "nobody")
    return [type(row).__name__, who, *(_word(row, column) for column in told)]


def _word(row: DeclarativeBase, column: str) -> str:
    if column == "released":
        return "over" if getattr(row, "released_at", None) else "in force"
    if column == "until":
        return "for a time" if getattr(row, "until", None) else "until released"
    return str(getattr(row, column))


def _as_unknown(row: list[str]) -> list[str]:
    """A message but for its state, the reason of that, and what the provider has told."""
    return [*row[:STATE], *row[DELIVERY + 1 :]] if row[0] == Message.__name__ else row


def _minus(some: Picture, others: Picture) -> Picture:
    left = Counter(map(tuple, some)) - Counter(map(tuple, others))
    return [list(row) for row in left.elements()]
