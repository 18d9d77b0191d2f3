"""Answers and notices on their way out: the same claim, ledger and provider as check-ins, with their own last look."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, RowMapping, select
from sqlalchemy.orm import Session

from drip import clock, config, tokens
from drip.campaigns import published
from drip.engine.handoffs import notice
from drip.engine.sending import breaker, gate_writes, verdict
from drip.engine.sending.draft import Desk, Written
from drip.engine.sending.gate import Handed, listed
from drip.mail import outgoing, render
from drip.models import change, customer, outbox, suppression, system
from drip.models.change import Values
from drip.models.customer import Customer
from drip.models.message import Message, MessageKind, MessageState
from drip.models.reasons import Reason
from drip.models.rep import Rep
from drip.providers.sendgrid import send as sendgrid

# An answer goes to somebody who has written to us: their opt-out is for the rep to weigh (DESIGN.md promise 11).
AGAINST_ANSWERS = frozenset({Reason.bounced, Reason.complained, Reason.erased, Reason.suppressed})


@dataclass(frozen=True, slots=True)
class PersonalDraft:
    """An answer to a customer or a notice to a rep, whole."""

    message_id: str
    lease_token: str
    fence: int
    kind: MessageKind
    customer_id: int | None
    address: str
    address_hash: str
    reply_token: str
    zone_name: str
    confirmed: bool
    letter: Written


def drafts(session: Session, desk: Desk, lease_token: str) -> list[PersonalDraft]:
    """Every answer and notice still claimed under this lease."""
    rules = published.rules(session)
    rows = session.execute(
        select(Message, Customer, Rep)
        .outerjoin(Customer, Customer.id == Message.customer_id)
        .outerjoin(Rep, Rep.id == Message.rep_id)
        .where(Message.lease_token == lease_token, Message.state == MessageState.claimed)
        .where(Message.kind != MessageKind.check_in)
        .order_by(Message.due_at)
    ).all()
    return [_draft(desk, rules, row.Message, row.Customer, row.Rep) for row in rows]


def gate(session: Session, settings: config.Settings, drafted: Sequence[PersonalDraft]) -> list[Handed]:
    """The last look at answers and notices: locks like the gate of check-ins, and commits nothing either."""
    system.lock_shared(session)
    people = customer.lock(session, [draft.customer_id for draft in drafted if draft.customer_id is not None])
    now, rules = system.now(session), published.rules(session)
    rows = outbox.lock_personal(session, {draft.message_id: draft.fence for draft in drafted}, now.real_at)
    stopped = suppression.among(session, people, {draft.address_hash for draft in drafted})
    provider = system.provider(session)
    looked_at = clock.monotonic()
    allowed = rules.sending.allowlist if settings.mode is config.Mode.allowlist else None
    look = _Look(now, settings.mode is not config.Mode.off, people, stopped, provider, allowed)
    judged = [(draft, rows[draft.message_id], _judge(draft, rows[draft.message_id], look))
              for draft in drafted if draft.message_id in rows]  # fmt: skip
    _write(session, judged, now)
    handed = [
        Handed(draft.message_id, row["attempt"] + 1, looked_at, draft.letter.content, draft.zone_name)
        for draft, row, said in judged
        if said is None
    ]
    if drafted and not handed:
        breaker.give_back(session, drafted[0].lease_token, now)
    return handed


@dataclass(frozen=True, slots=True)
class _Look:
    now: system.Now
    mode_lets: bool
    people: dict[int, Customer]
    stopped: suppression.Suppressed
    provider: Row[Any]
    allowed: tuple[str, ...] | None


_No = verdict.PutOff | verdict.Cancel | None


def _judge(draft: PersonalDraft, row: RowMapping, look: _Look) -> _No:
    """None lets it pass."""
    against = _against(draft, look)
    if against is not None:
        return verdict.Cancel(against)
    if not listed(look.allowed, draft.address):
        return verdict.Cancel(Reason.not_listed)
    if look.now.state is not system.SystemState.running or not look.mode_lets:
        return verdict.PutOff(Reason.system_paused, row["due_at"], look.now.reason)
    objection = breaker.objection(look.provider, draft.lease_token, look.now.real_at)
    return verdict.PutOff(objection, look.now.business_at + verdict.SOON) if objection else None


def _against(draft: PersonalDraft, look: _Look) -> Reason | None:
    if draft.customer_id is not None and look.people[draft.customer_id].erased_at is not None:
        return Reason.erased
    reason = look.stopped.reason(draft.customer_id or 0, draft.address_hash)
    if reason is None or reason in AGAINST_ANSWERS:
        return reason
    return reason if draft.kind is MessageKind.answer and not draft.confirmed else None


def _write(session: Session, judged: Sequence[tuple[PersonalDraft, RowMapping, _No]], now: system.Now) -> None:
    change.apply(session, gate_writes.HANDED, [_handed(draft, now) for draft, _, said in judged if said is None])
    put_off = [
        (said.until, said.reason, said.detail, draft.message_id)
        for draft, _, said in judged
        if isinstance(said, verdict.PutOff)
    ]
    change.apply(session, gate_writes.PUT_OFF, put_off)
    ended = [
        (MessageState.cancelled, now.business_at, said.reason, said.detail, draft.message_id)
        for draft, _, said in judged
        if isinstance(said, verdict.Cancel)
    ]
    change.apply(session, gate_writes.ENDED, ended)


def _handed(draft: PersonalDraft, now: system.Now) -> Values:
    return (now.business_at, now.real_at, None, draft.address, draft.reply_token, None, draft.message_id)


def _draft(desk: Desk, rules: published.Rules, row: Message, who: Customer | None, rep: Rep | None) -> PersonalDraft:
    assert row.lease_token is not None
    assert row.letter is not None
    assert rep is not None
    to_rep = row.kind is MessageKind.notice
    address = rep.email if to_rep or who is None else who.email
    token = row.reply_token or tokens.reply_token()
    mail = outgoing.personal(
        _letter(row, desk.settings.public_url), _envelope(rules, row, rep, address, token), _thread(row)
    )
    zone = rules.zone(rep.timezone, None) if who is None else rules.zone(who.timezone, who.country)
    return PersonalDraft(
        message_id=row.id,
        lease_token=row.lease_token,
        fence=row.fence,
        kind=row.kind,
        customer_id=row.customer_id,
        address=address,
        address_hash=tokens.fingerprint(desk.key, address),
        reply_token=token,
        zone_name=zone.key,
        confirmed=bool(row.letter.get("confirmed")),
        letter=Written(mail, sendgrid.body(mail)),
    )


def _letter(row: Message, public_url: str) -> render.Letter:
    """Notices link to our pages; where those are is known only to the process that sends."""
    assert row.letter is not None
    text = str(row.letter["text"])
    told = text.replace(notice.PUBLIC_URL, public_url) if row.kind is MessageKind.notice else text
    return render.Letter(render.one_line(str(row.letter["subject"])), told, None)


def _thread(row: Message) -> outgoing.Thread:
    assert row.letter is not None
    answers = row.letter.get("in_reply_to")
    machine = row.kind is MessageKind.notice
    return outgoing.Thread(answers, tuple(row.letter.get("references", ())), by_machine=machine)


def _envelope(rules: published.Rules, row: Message, rep: Rep, address: str, token: str) -> outgoing.Envelope:
    to_rep = row.kind is MessageKind.notice
    return outgoing.Envelope(
        message_id=row.id,
        to_address=address,
        to_name=rep.name if to_rep else str((row.letter or {}).get("to_name", "")),
        from_name=rules.company.name if to_rep else rep.name,
        from_local="drip" if to_rep else rep.email.partition("@")[0],
        domain=rules.sending.domain,
        inbound_domain=rules.sending.inbound_domain,
        reply_token=token,
        unsubscribe_url="",
    )
