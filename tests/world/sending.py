"""The send path by hand, one transaction at a time, as scheduler and worker walk it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, event, func, select, update
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

from drip import config, db
from drip.engine.sending import draft as drafting
from drip.engine.sending import due, gate, settle
from drip.models import system
from drip.models.campaign import Campaign
from drip.models.customer import ContactDay, Customer
from drip.models.enrollment import Enrollment
from drip.models.message import Message, MessageKind
from drip.models.system import Breaker, System
from drip.providers.sendgrid.send import Outcome, Result
from tests import world

CHECK_INS = (MessageKind.check_in,)
LEASE_SECONDS = 30
TOMORROW = world.START + timedelta(days=1)
ACCEPTED = Outcome(Result.accepted, provider_id="p1")

Row = TypeVar("Row", bound=DeclarativeBase)


def day(number: int, hour: int = 9) -> datetime:
    """A day of September 2026 in New York: the 1st is START's Tuesday, the 2nd that of Ana's `hello` if it is hers."""
    return datetime(2026, 9, number, hour, tzinfo=world.NEW_YORK)


def buy(database: db.Database, *wanted: world.Bought) -> list[Enrollment]:
    """Purchases with their enrollments; Ana's bicycle when nothing is asked for."""
    with database.write() as session:
        return [world.bought(session, each) for each in wanted or (world.Bought(),)]


def claim(database: db.Database, limit: int = 100, lease_seconds: int = LEASE_SECONDS) -> due.Lease | None:
    with database.write() as session:
        return due.claim(session, limit, lease_seconds, CHECK_INS)


def drafted(database: db.Database, settings: config.Settings, limit: int = 100) -> list[drafting.Draft]:
    """Claim what is due, and its letters; nothing due, no letters."""
    lease = claim(database, limit)
    if lease is None:
        return []
    with database.read() as session:
        return drafting.drafts(session, drafting.Desk(settings, settings.secret_key()), lease.token)


def gated(
    database: db.Database, settings: config.Settings, drafts: Sequence[drafting.Draft] | None = None
) -> list[gate.Handed]:
    """What the gate hands out; claimed and drafted first unless drafts are given."""
    drafts = drafted(database, settings) if drafts is None else drafts
    with database.write() as session:
        return gate.gate(session, settings, drafts)


def settled(database: db.Database, handed: Sequence[gate.Handed], outcome: Outcome = ACCEPTED) -> None:
    with database.write() as session:
        settle.settle(session, [settle.Settlement(each.message_id, each.attempt, outcome) for each in handed])


def sent(database: db.Database, settings: config.Settings, outcome: Outcome = ACCEPTED) -> list[gate.Handed]:
    """Everything due, through the gate, with the same answer to all."""
    handed = gated(database, settings)
    settled(database, handed, outcome)
    return handed


def messages(database: db.Database) -> list[Message]:
    return _all(database, Message, Message.id)


def message(database: db.Database) -> Message:
    """The only one."""
    (row,) = messages(database)
    return row


def enrollments(database: db.Database) -> list[Enrollment]:
    return _all(database, Enrollment, Enrollment.id)


def enrollment(database: db.Database) -> Enrollment:
    """The only one."""
    (row,) = enrollments(database)
    return row


def campaign(database: db.Database, name: str = "ride") -> Campaign:
    return next(row for row in _all(database, Campaign, Campaign.id) if row.name == name)


def breaker(database: db.Database) -> Breaker:
    return _all(database, Breaker, Breaker.id)[0]


def the_system(database: db.Database) -> System:
    return _all(database, System, System.id)[0]


def contact_days(database: db.Database) -> dict[str, int]:
    """ISO date -> check-ins counted on it, over all customers; days given back are left out."""
    with database.read() as session:
        rows = select(ContactDay.local_day, func.sum(ContactDay.check_ins)).group_by(ContactDay.local_day)
        return {f"{day}": int(count) for day, count in session.execute(rows) if count}


def change(database: db.Database, table: type[DeclarativeBase], *where: ColumnElement[bool], **values: object) -> None:
    """Write columns straight into SQL."""
    with database.write() as session:
        session.execute(update(table).where(*where).values(**values))


def real_now(database: db.Database) -> datetime:
    with database.read() as session:
        return system.now(session).real_at


def lapse(database: db.Database) -> None:
    """All leases ran out a minute ago."""
    past = real_now(database) - timedelta(minutes=1)
    change(database, Message, Message.lease_until.is_not(None), lease_until=past)


def customer_id(database: db.Database, email: str = "ana@buyers.example") -> int:
    with database.read() as session:
        return session.scalars(select(Customer.id).where(Customer.email == email)).one()


@contextmanager
def statements(database: db.Database) -> Iterator[list[str]]:
    """All that is asked of the database meanwhile by those who may write, as it gets there."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


@contextmanager
def writes(database: db.Database) -> Iterator[list[str]]:
    """The statements that change something, as they reach the database meanwhile."""
    written: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE")):
            written.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield written
    event.remove(database.engine, "before_cursor_execute", note)


def _all(database: db.Database, table: type[Row], order: ColumnElement[Any] | InstrumentedAttribute[Any]) -> list[Row]:
    with database.read() as session:
        found = list(session.scalars(select(table).order_by(order)))
        session.expunge_all()
    return found
