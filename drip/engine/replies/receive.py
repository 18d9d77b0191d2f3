"""RECEIVE: a mail that reached us is kept, and its writer held, before anybody reads it; then it is understood."""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from drip import clock, config, db, logs
from drip.campaigns import published
from drip.engine.handoffs import hand_off, hold
from drip.engine.people import suppress
from drip.engine.replies import classify, envelope, follow_up
from drip.mail import bounded_child, incoming, kinds
from drip.models import customer, fixed, inbound, system
from drip.models.customer import Customer
from drip.models.handoff import Priority
from drip.models.inbound import InboundMail, InboundState
from drip.models.reasons import Reason
from drip.providers.sendgrid.inbound import ReceivedMail

log = logging.getLogger("drip.receive")

MOST_ATTEMPTS = 5  # at a mail that we fail to read or to follow up; then it is for people
MOST_TOGETHER = 20  # mails followed up in one transaction, which keeps SQLite's other writers waiting
LARGE = 300_000  # bytes of a mail that is read by itself
LONGEST_READING = 0.5  # seconds after which what has been read is followed up, whatever else waits
WAY_OUT = "By mail {} to the unsubscribe address."
UNREADABLE = "They wrote to us, and the mail could not be read. Look at it as it came."


@dataclass(frozen=True, slots=True)
class _Task:
    """A mail that waits to be read; `expected`: the address that we wrote to."""

    inbound_id: int
    raw: bytes
    attempts: int
    way_out: bool
    expected: str | None
    own_domains: frozenset[str]
    house: kinds.House


def store(session: Session, mail: ReceivedMail, key: bytes) -> int | None:
    """Keep a mail as it came; its id, or None when it was posted before.

    Customers whose tokens stand in the envelope are on hold from the moment that this commits (DESIGN.md promise 5);
    who wrote to the address for unsubscribing is suppressed in the same transaction.
    """
    known = envelope.addressed(session, mail.envelope_to, mail.envelope_from)
    inbound_id = _insert(session, mail, known[0] if known else None)
    if inbound_id is None or not known:
        return inbound_id
    people = customer.lock(session, {each.customer_id for each in known})
    for each in known:
        if each.purpose == "stop":
            stop = suppress.Stop(Reason.unsubscribed, WAY_OUT.format(inbound_id))
            suppress.suppress(session, each.customer_id, stop, key)
    for customer_id in people:
        hold.hold(session, customer_id, hold.Cause(Reason.replied, f"mail {inbound_id}"))
    log.info(logs.line("mail.stored", inbound=inbound_id, customer=known[0].customer_id))
    return inbound_id


def understand(database: db.Database, settings: config.Settings, *inbound_ids: int, seen: int | None = None) -> None:
    """Read, match, classify, follow up; any number of times to the same end. Of workers who have `seen` the same
    number of attempts at a mail, one reads it.

    Mails are read in a child process with limits, outside of any transaction, and then followed up in one. What fails
    is tried again, five times in all; then the mail waits for people, and its writer, if known, is in a person's hands.
    """
    read: list[follow_up.Read] = []
    since = clock.monotonic()
    for task in _begin(database, inbound_ids, seen):
        if (one := _read(database, task)) is not None:
            read.append(one)
        if clock.monotonic() - since > LONGEST_READING:  # nobody waits for what takes long to read
            read, since = _conclude(database, settings, read), clock.monotonic()
    _conclude(database, settings, read)


def understand_waiting(database: db.Database, settings: config.Settings) -> int:
    """Every stored mail, once each; how many. One that fails keeps none of the others from being read: it is tried
    again by the next call. Raises OperationalError when the database is away."""
    last = count = 0
    while waiting := _waiting(database, last):
        for portion in _portions(waiting):
            _try(database, settings, portion)
        last, count = waiting[-1].id, count + len(waiting)
    return count


def _waiting(database: db.Database, after: int, limit: int = 100) -> list[inbound.Waiting]:
    with database.read() as session:
        return inbound.to_read(session, after, limit)


def _portions(waiting: Iterable[inbound.Waiting]) -> Iterator[list[inbound.Waiting]]:
    """Mails that are read together. What was tried before and what is large goes by itself: it may be what ended this
    process, and must not take others along again."""
    portion: list[inbound.Waiting] = []
    for each in waiting:
        if each.attempts or each.size > LARGE:
            yield [each]
        else:
            portion.append(each)
        if len(portion) == MOST_TOGETHER:
            yield portion
            portion = []
    if portion:
        yield portion


def _try(database: db.Database, settings: config.Settings, portion: Sequence[inbound.Waiting]) -> None:
    ids = [each.id for each in portion]
    try:
        understand(database, settings, *ids, seen=portion[0].attempts)
    except OperationalError:
        raise
    except Exception as trouble:
        # A database's complaint would bring the mail's own words into the log.
        told = not isinstance(trouble, SQLAlchemyError)
        log.error(logs.line("mail.failed", inbound=ids[0], mails=len(ids), error=type(trouble).__name__), exc_info=told)
        for each in portion if len(portion) > 1 else ():
            _try(database, settings, [replace(each, attempts=each.attempts + 1)])


def _read(database: db.Database, task: _Task) -> follow_up.Read | None:
    """None when it could not be read: a machine under load reads slowly, so what took too long is tried again."""
    try:
        mail = incoming.parse_safely(task.raw)
    except incoming.UnreadableMail as trouble:
        if not isinstance(trouble.__cause__, bounded_child.Breach) or task.attempts >= MOST_ATTEMPTS:
            _give_up(database, task.inbound_id, str(trouble))
        return None
    meaning = classify.classify(mail, _ours(database, task, mail), way_out=task.way_out, house=task.house)
    return follow_up.Read(task.inbound_id, mail, meaning)


def _conclude(database: db.Database, settings: config.Settings, read: list[follow_up.Read]) -> list[follow_up.Read]:
    """All of them, in as few transactions as may be; an empty list to go on with."""
    key = settings.secret_key()
    while read:
        read = database.carry_through(partial(follow_up.conclude_all, read=read, key=key))
    return []


def _insert(session: Session, mail: ReceivedMail, first: envelope.Addressed | None) -> int | None:
    row = {
        "digest": _digest(mail),
        "raw": mail.raw,
        "envelope_to": list(mail.envelope_to),
        "envelope_from": mail.envelope_from,
        "checks": {"spf": mail.spf, "dkim": mail.dkim, "sender_ip": mail.sender_ip},
        "state": InboundState.stored,
        "detail": "",
        "attempts": 0,
        "customer_id": first.customer_id if first else None,
        "message_id": first.message_id if first else None,
        "received_at": system.business_now(session),
    }
    fresh = db.insert(session, InboundMail).on_conflict_do_nothing(index_elements=["digest"])
    return session.scalars(fresh.returning(InboundMail.id), [row]).first()


def _digest(mail: ReceivedMail) -> str:
    envelope = json.dumps([mail.envelope_from, *mail.envelope_to]).encode()
    return hashlib.sha256(hashlib.sha256(mail.raw).digest() + envelope).hexdigest()


def _begin(database: db.Database, ids: Sequence[int], seen: int | None) -> list[_Task]:
    """Count the attempt before it is made: what ends this process must not be tried for ever."""
    with database.write() as session:
        tried = inbound.try_to_read(session, ids, seen)
        for inbound_id in (each for each, attempts in tried.items() if attempts > MOST_ATTEMPTS):
            _unreadable(session, inbound_id, f"tried {MOST_ATTEMPTS} times")
    waiting = [each for each, attempts in tried.items() if attempts <= MOST_ATTEMPTS]
    if not waiting:
        return []
    with database.read() as session:
        return [_task(session, row) for row in fixed.run(session, _RAW, ids=waiting).all()]


def _task(session: Session, row: Row[Any]) -> _Task:
    rules = published.rules(session)
    way_out = envelope.is_way_out(session, row.envelope_to, row.customer_id)
    own = frozenset({rules.sending.domain, rules.sending.inbound_domain})
    return _Task(row.id, row.raw, row.attempts, way_out, row.email, own, kinds.house_of(tuple(rules.kinds.all())))


_RAW = (
    select(
        *(InboundMail.id, InboundMail.raw, InboundMail.attempts, InboundMail.envelope_to, InboundMail.customer_id),
        Customer.email,
    )
    .outerjoin(Customer, Customer.id == InboundMail.customer_id)
    .where(fixed.among(InboundMail.id, "ids"))
    .order_by(InboundMail.id)
)


def _ours(database: db.Database, task: _Task, mail: incoming.Incoming) -> frozenset[str]:
    """The domains whose mail is a copy of our own. A customer may work for us: the words of the very one whom we wrote
    to are theirs, whatever domain they come from."""
    wrote = mail.from_address
    if not wrote or wrote.rpartition("@")[2] not in task.own_domains:
        return task.own_domains
    if task.expected is not None:
        return frozenset() if wrote == task.expected else task.own_domains
    with database.read() as session:
        return frozenset() if customer.by_email(session, [wrote]) else task.own_domains


def _give_up(database: db.Database, inbound_id: int, trouble: str) -> None:
    with database.write() as session:
        _unreadable(session, inbound_id, trouble)


def _unreadable(session: Session, inbound_id: int, trouble: str) -> None:
    """The hold that the mail brought goes over into that of a handoff: a person reads what we could not."""
    row = inbound.locked(session, inbound_id, InboundState.stored)
    if row is None:
        return
    row.state, row.detail = InboundState.unreadable, trouble[:500]
    log.warning(logs.line("mail.unreadable", inbound=row.id, customer=row.customer_id))
    known = envelope.addressed(session, row.envelope_to, row.envelope_from)
    theirs = {each.customer_id for each in known} | ({row.customer_id} if row.customer_id is not None else set())
    for customer_id in customer.lock(session, theirs):
        hand_off.open_for(session, customer_id, Priority.medium, UNREADABLE, reply=None)
        hold.release_read(session, customer_id, but=row.id)
