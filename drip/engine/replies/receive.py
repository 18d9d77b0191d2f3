"""RECEIVE: a mail that reached us is kept, and its writer held, before anybody reads it; then it is understood."""

import hashlib
import json
import logging
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, undefer

from drip import config, db, logs
from drip.campaigns import published
from drip.engine.handoffs import hand_off, hold
from drip.engine.people import suppress
from drip.engine.replies import classify, follow_up, match
from drip.mail import bounded_child, incoming, kinds
from drip.models import customer, inbound, system
from drip.models.customer import Customer
from drip.models.handoff import Priority
from drip.models.inbound import InboundMail, InboundState
from drip.models.reasons import Reason
from drip.providers.sendgrid.inbound import ReceivedMail

log = logging.getLogger("drip.receive")

MOST_ATTEMPTS = 5  # at a mail that we fail to read or to follow up; then it is for people
WAY_OUT = "By mail {} to the unsubscribe address."
UNREADABLE = "They wrote to us, and the mail could not be read. Look at it as it came."


@dataclass(frozen=True, slots=True)
class _Task:
    """A mail that waits to be read."""

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
    known = match.addressed(session, mail.envelope_to, mail.envelope_from)
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


def understand(database: db.Database, settings: config.Settings, inbound_id: int) -> None:
    """Read, match, classify, follow up; any number of times to the same end.

    The mail is read in a child process with limits, outside of any transaction. What fails is tried again, five
    times in all; then the mail waits for people, and its writer, if known, is in a person's hands.
    """
    task = _begin(database, inbound_id)
    if task is None:
        return
    try:
        mail = incoming.parse_safely(task.raw)
    except incoming.UnreadableMail as trouble:
        if not isinstance(trouble.__cause__, bounded_child.Breach) or task.attempts >= MOST_ATTEMPTS:
            _give_up(database, inbound_id, str(trouble))
        return  # a machine under load reads slowly: what took too long is tried again
    meaning = classify.classify(mail, _ours(database, task, mail), way_out=task.way_out, house=task.house)
    with database.write() as session:
        row = _lock(session, inbound_id)
        if row is not None:
            follow_up.conclude(session, row, mail, meaning, settings.secret_key())
            log.info(logs.line("mail.read", inbound=inbound_id, state=row.state, customer=row.customer_id))


def understand_waiting(database: db.Database, settings: config.Settings) -> int:
    """Every stored mail, once each; how many. One that fails keeps none of the others from being read: it is tried
    again by the next call. Raises OperationalError when the database is away."""
    last = count = 0
    while ids := _waiting(database, last):
        for last in ids:
            try:
                understand(database, settings, last)
            except OperationalError:
                raise
            except Exception as trouble:
                # A database's complaint would bring the mail's own words into the log.
                told = not isinstance(trouble, SQLAlchemyError)
                log.error(logs.line("mail.failed", inbound=last, error=type(trouble).__name__), exc_info=told)
        count += len(ids)
    return count


def _waiting(database: db.Database, after: int, limit: int = 100) -> list[int]:
    stored = (InboundMail.state == InboundState.stored, InboundMail.id > after)
    with database.read() as session:
        return list(session.scalars(select(InboundMail.id).where(*stored).order_by(InboundMail.id).limit(limit)))


def _insert(session: Session, mail: ReceivedMail, first: match.Addressed | None) -> int | None:
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


def _begin(database: db.Database, inbound_id: int) -> _Task | None:
    """Count the attempt before it is made: what ends this process must not be tried for ever."""
    with database.write() as session:
        row = _lock(session, inbound_id)
        if row is None:
            return None
        row.attempts += 1
        if row.attempts > MOST_ATTEMPTS:
            _unreadable(session, row, f"tried {MOST_ATTEMPTS} times")
            return None
    with database.read() as session:
        row = session.get_one(InboundMail, inbound_id, options=[undefer(InboundMail.raw)])
        rules = published.rules(session)
        known = match.addressed(session, row.envelope_to, row.envelope_from)
        way_out = any(each.purpose == "stop" and each.customer_id == row.customer_id for each in known)
        expected = session.get_one(Customer, row.customer_id).email if row.customer_id is not None else None
        own = frozenset({rules.sending.domain, rules.sending.inbound_domain})
        return _Task(row.raw, row.attempts, way_out, expected, own, kinds.house_of(tuple(rules.kinds.all())))


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


def _lock(session: Session, inbound_id: int) -> InboundMail | None:
    return inbound.locked(session, inbound_id, InboundState.stored)


def _give_up(database: db.Database, inbound_id: int, trouble: str) -> None:
    with database.write() as session:
        row = _lock(session, inbound_id)
        if row is not None:
            _unreadable(session, row, trouble)


def _unreadable(session: Session, row: InboundMail, trouble: str) -> None:
    """The hold that the mail brought goes over into that of a handoff: a person reads what we could not."""
    row.state, row.detail = InboundState.unreadable, trouble[:500]
    log.warning(logs.line("mail.unreadable", inbound=row.id, customer=row.customer_id))
    known = match.addressed(session, row.envelope_to, row.envelope_from)
    theirs = {each.customer_id for each in known} | ({row.customer_id} if row.customer_id is not None else set())
    for customer_id in customer.lock(session, theirs):
        hand_off.open_for(session, customer_id, Priority.medium, UNREADABLE, reply=None)
        hold.release_read(session, customer_id, but=row.id)
