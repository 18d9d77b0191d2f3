"""Known mistakes, each built into the imported product at run time: what a mutant puts where."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp.client
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from drip import clock, db, tokens
from drip.campaigns import published
from drip.engine.handoffs import hold
from drip.engine.replies import receive
from drip.engine.sending import breaker, gate, gate_writes, reconcile, settle, verdict
from drip.engine.sending import draft as drafting
from drip.models import customer, message, system
from drip.models.customer import Customer
from drip.models.message import Message, MessageState
from drip.providers.sendgrid import send as sendgrid
from drip.providers.sendgrid.send import Outcome, Result

Place = tuple[Any, str, object]  # module or class, name, what stands there instead
SILENCE = timedelta(seconds=90)


def marked_late() -> list[Place]:
    """The gate leaves messages `claimed`; the hand is written with the result."""
    write, settled = gate_writes.write, settle.settle

    def unmarked(session: Session, judged: Sequence[gate_writes.Judged], *rest: Any) -> None:
        write(session, judged, *rest)
        until = system.now(session).real_at + timedelta(seconds=30)
        for each in judged:
            if isinstance(each.verdict, verdict.Pass):
                still = {"state": MessageState.claimed, "lease_token": each.draft.lease_token, "lease_until": until}
                mine = update(Message).where(Message.id == each.draft.message_id)
                session.execute(mine.values(**still, attempt=Message.attempt - 1))

    def marked(session: Session, settlements: Sequence[settle.Settlement]) -> None:
        mine = (Message.id.in_([each.message_id for each in settlements]), Message.state == MessageState.claimed)
        free = {"lease_token": None, "lease_until": None}
        late = update(Message).where(*mine).values(state=MessageState.handed, attempt=Message.attempt + 1, **free)
        session.execute(late)
        settled(session, settlements)

    return [(gate_writes, "write", unmarked), (settle, "settle", marked)]


def again_when(said: Callable[[Outcome], bool]) -> list[Place]:
    """A second request when the first one's outcome is like this."""
    post = sendgrid.SendGrid.post

    async def twice(self: sendgrid.SendGrid, content: bytes, cleared: Awaitable[sendgrid.Clearance]) -> Outcome:
        outcome = await post(self, content, cleared)
        if outcome.result is Result.ambiguous and said(outcome):
            return await post(self, content, sendgrid.Clearance(clock.monotonic()))
        return outcome

    return [(sendgrid.SendGrid, "post", twice)]


def rescued() -> list[Place]:
    """What was handed longer ago than a lease lasts is queued again."""
    found = reconcile.reconcile

    def rescue(session: Session, *rest: Any) -> reconcile.Found:
        _queue(session, MessageState.handed, timedelta(seconds=30))
        return found(session, *rest)

    return [(reconcile, "reconcile", rescue)]


def resent() -> list[Place]:
    """What stays in doubt without an event is queued again."""
    found = reconcile.reconcile

    def resend(session: Session, *rest: Any) -> reconcile.Found:
        _queue(session, MessageState.ambiguous, SILENCE)
        return found(session, *rest)

    return [(reconcile, "reconcile", resend)]


def keyless() -> list[Place]:
    """Every message has a dedupe key of its own."""
    key = message.step_key
    return [(message, "step_key", lambda enrollment_id, step: f"{key(enrollment_id, step)}:{tokens.new_id()}")]


def forgetful() -> list[Place]:
    """PostgreSQL says that it has committed before the disk has it."""
    durable = db._prepare_postgresql

    def fast(connection: Any, record: object) -> None:
        durable(connection, record)
        connection.execute("SET synchronous_commit = off")
        connection.commit()

    return [(db, "_prepare_postgresql", fast)]


def looked_before() -> list[Place]:
    """The gate looks in one transaction and writes in another."""
    look = gate._look

    def apart(session: Session, *rest: Any) -> Any:
        with Session(session.get_bind(), expire_on_commit=False) as another, another.begin():
            return look(another, *rest)

    return [(gate, "_look", apart)]


def unlocked() -> list[Place]:
    """The gate reads customers without locking them."""

    def seen(session: Session, ids: Any) -> dict[int, Any]:
        rows = select(Customer).where(Customer.id.in_(sorted(set(ids)))).order_by(Customer.id)
        return {row.id: row for row in session.scalars(rows)}

    known = {name: thing for name, thing in vars(customer).items() if not name.startswith("__")}
    return [(gate, "customer", SimpleNamespace(**known | {"lock": seen, "lock_for_gate": seen}))]


def replaying() -> list[Place]:
    """aiohttp sends a POST again when a kept connection breaks, as it does with a GET."""
    more = aiohttp.client.IDEMPOTENT_METHODS | {"POST"}
    return [(aiohttp.client, "IDEMPOTENT_METHODS", more)]


def claimed_only() -> list[Place]:
    """The gate believes what the claim saw: neither stops nor holds are looked at again."""
    return [(verdict, rule, lambda *_: None) for rule in ("_stopped", "_waiting", "_outdated")]


def counted_early() -> list[Place]:
    """Whether the day's check-in is used up is looked at when the letter is written."""
    written, contacted = drafting.drafts, gate._contacted
    known: dict[str, date | None] = {}

    def remembering(session: Session, *rest: Any) -> Any:
        drafts = written(session, *rest)
        rules = published.rules(session)
        seen = contacted(session, rules, drafts, system.now(session))
        known.update({each.message_id: seen.get(each.customer_id) for each in drafts})
        return drafts

    def remembered(_session: Session, _rules: Any, drafts: Sequence[drafting.Draft], _now: Any) -> dict[int, date]:
        seen = {each.customer_id: known.get(each.message_id) for each in drafts}
        return {who: day for who, day in seen.items() if day}

    return [(drafting, "drafts", remembering), (gate, "_contacted", remembered)]


def unbroken() -> list[Place]:
    """Nothing ever opens the breaker."""
    return [(breaker, "_open", lambda *_: None)]


def patient() -> list[Place]:
    """A gate that looked long ago is as good as a fresh one."""
    return [(sendgrid, "STALE_SECONDS", 1e9)]


def unheld() -> list[Place]:
    """Who has written is held only once the mail has been understood."""
    known = {name: thing for name, thing in vars(hold).items() if not name.startswith("__")}
    return [(receive, "hold", SimpleNamespace(**known | {"hold": lambda *_: None}))]


def _queue(session: Session, state: MessageState, older: timedelta) -> None:
    now = system.now(session)
    stale = (Message.state == state, Message.handed_real_at < now.real_at - older)
    again = {"state": MessageState.queued, "due_at": now.business_at, "fence": Message.fence + 1}
    session.execute(update(Message).where(*stale).values(**again))
