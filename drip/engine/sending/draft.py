"""DRAFT: claimed Messages become letters, rendered from SQL alone, before the gate takes its last look."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from drip import config, tokens
from drip.campaigns import definition, published
from drip.engine.sending import letter
from drip.mail import addresses, outgoing, render
from drip.models import system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import Promise, PromiseState, Purchase
from drip.models.reasons import Reason
from drip.models.rep import Rep
from drip.providers.sendgrid import send as sendgrid


@dataclass(frozen=True, slots=True)
class Objection:
    """Why this step will not be written to this customer at all."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail, and the bytes that say it in the provider's words."""

    mail: outgoing.Outgoing
    content: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A claimed message with its letter, or with what speaks against it; and the versions that it was made from."""

    message_id: str
    lease_token: str
    fence: int
    campaign_id: int
    customer_id: int
    address_hash: str
    versions: tuple[int, int, int]  # of customer, purchase and enrollment
    zone: ZoneInfo
    reply_token: str
    context: dict[str, object]
    letter: Written | Objection
    is_reps: bool = False  # the step's owner is the rep


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafting needs beside the database: whose mail this is and how its links are signed."""

    settings: config.Settings
    key: bytes


@dataclass(frozen=True, slots=True)
class _Facts:
    """`claimed`: the columns of _CLAIMED that belong to the message and its enrollment."""

    claimed: Row[*tuple[Any, ...]]
    customer: Customer
    purchase: Purchase
    rep: Rep
    promises: Sequence[Promise]
    purchases: int


def drafts(session: Session, desk: Desk, lease_token: str) -> list[Draft]:
    """Every check-in still claimed under this lease, drafted at this moment of business time."""
    now = system.business_now(session)
    rules = published.rules(session)
    return [_draft(session, desk, rules, facts, now) for facts in _facts(session, lease_token)]


def reps(session: Session) -> tuple[Rep, dict[int, Rep]]:
    """The rep who stands in where nobody is named, and all of them by id."""
    rows = list(session.scalars(select(Rep).order_by(Rep.left_at.is_not(None), Rep.position)))
    return rows[0], {row.id: row for row in rows}


def purchase_facts(
    purchase: Purchase, promises: Iterable[Promise], country: str | None, purchases: int
) -> definition.PurchaseFacts:
    """What `match` and `when` are judged by."""
    states = [promise.state for promise in promises]
    return definition.PurchaseFacts(
        category=purchase.category,
        sku=purchase.sku,
        product=purchase.product_name,
        amount=purchase.amount,
        currency=purchase.currency,
        country=country,
        promises_open=states.count(PromiseState.open),
        promises_kept=states.count(PromiseState.kept),
        promises_broken=states.count(PromiseState.broken),
        repeat_buyer=purchases > 1,
    )


def _facts(session: Session, lease_token: str) -> list[_Facts]:
    rows = session.execute(_CLAIMED, {"lease_token": lease_token}).all()
    stand_in, by_id = reps(session)
    promised = _promises(session, [row.Purchase.id for row in rows])
    bought = _purchases(session, [row.Customer.id for row in rows])
    return [
        _Facts(row, row.Customer, row.Purchase,
               by_id.get(row.Purchase.rep_id or 0, stand_in), promised[row.Purchase.id], bought[row.Customer.id])
        for row in rows
    ]  # fmt: skip


_CLAIMED = (
    select(
        *(Message.id, Message.lease_token, Message.fence, Message.campaign_id, Message.version_id, Message.step),
        *(Enrollment.version.label("enrollment_version"), Customer, Purchase),
    )
    .join(Enrollment, Enrollment.id == Message.enrollment_id)
    .join(Customer, Customer.id == Enrollment.customer_id)
    .join(Purchase, Purchase.id == Enrollment.purchase_id)
    .where(Message.lease_token == bindparam("lease_token"), Message.state == MessageState.claimed)
    .where(Message.kind == MessageKind.check_in)  # a rep's words that stand for a step belong to it too
    .order_by(Message.due_at)
)


def _promises(session: Session, purchase_ids: list[int]) -> dict[int, list[Promise]]:
    found: dict[int, list[Promise]] = defaultdict(list)
    for promise in session.scalars(select(Promise).where(Promise.purchase_id.in_(purchase_ids)).order_by(Promise.id)):
        found[promise.purchase_id].append(promise)
    return found


def _purchases(session: Session, customer_ids: list[int]) -> dict[int, int]:
    counted = select(Purchase.customer_id, func.count()).where(Purchase.customer_id.in_(customer_ids))
    return {row[0]: row[1] for row in session.execute(counted.group_by(Purchase.customer_id))}


def _draft(session: Session, desk: Desk, rules: published.Rules, facts: _Facts, now: datetime) -> Draft:
    customer, zone = facts.customer, rules.zone(facts.customer.timezone, facts.customer.country)
    token = tokens.reply_token()
    context = letter.context(
        letter.About(
            customer, facts.purchase, facts.promises, facts.rep, rules.company, zone, now,
            addresses.unsubscribe_url(desk.settings.public_url, desk.key, customer.id),
        )
    )  # fmt: skip
    message = facts.claimed
    return Draft(
        message_id=message.id,
        lease_token=message.lease_token,
        fence=message.fence,
        campaign_id=message.campaign_id,
        customer_id=customer.id,
        address_hash=tokens.fingerprint(desk.key, customer.email),
        versions=(customer.version, facts.purchase.version, message.enrollment_version),
        zone=zone,
        reply_token=token,
        context=context,
        letter=_letter(session, rules, facts, context, token),
        is_reps=published.version(session, message.version_id).step(message.step).owner == "rep",
    )


def _letter(
    session: Session, rules: published.Rules, facts: _Facts, context: dict[str, object], token: str
) -> Written | Objection:
    version = published.version(session, facts.claimed.version_id)
    step = version.step(facts.claimed.step)
    judged = purchase_facts(facts.purchase, facts.promises, facts.customer.country, facts.purchases)
    if step.when is not None and not definition.holds(step.when, judged):
        return Objection(Reason.condition_false)
    try:
        said = render.render(version.letter(step.id), context)
        mail = outgoing.check_in(said, _envelope(rules, facts, context, token))
        return Written(mail, sendgrid.body(mail))
    except (render.RenderError, TypeError, ValueError) as trouble:
        # of this one letter: the rest of the batch must not wait for it
        return Objection(Reason.missing_data, str(trouble)[:300])


def _envelope(rules: published.Rules, facts: _Facts, context: dict[str, object], token: str) -> outgoing.Envelope:
    links = context["links"]
    assert isinstance(links, dict)
    return outgoing.Envelope(
        message_id=facts.claimed.id,
        to_address=facts.customer.email,
        to_name=f"{facts.customer.first_name} {facts.customer.last_name}".strip(),
        from_name=facts.rep.name,
        from_local=facts.rep.email.partition("@")[0],
        domain=rules.sending.domain,
        inbound_domain=rules.sending.inbound_domain,
        reply_token=token,
        unsubscribe_url=str(links["unsubscribe"]),
        click_tracking=rules.sending.click_tracking,
        open_tracking=rules.sending.open_tracking,
    )
