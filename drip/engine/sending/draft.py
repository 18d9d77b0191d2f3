"""DRAFT: claimed Messages become letters, rendered from SQL alone, before the gate takes its last look."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
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
from drip.models import fixed, system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.message import Message, MessageKind, MessageState
from drip.models.purchase import Promise, PromiseState, Purchase
from drip.models.reasons import Reason
from drip.models.rep import Rep, Reps
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
    """What drafting needs beside the database: whose mail this is, how its links are signed, and what is called before
    each letter, because drafts wait while a gate looks."""

    settings: config.Settings
    key: bytes
    before_each: Callable[[], object] = lambda: None


@dataclass(frozen=True, slots=True)
class _Facts:
    """`row`: what _CLAIMED tells of a message, its customer and its purchase."""

    row: Row[Any]
    rep: Rep
    promises: Sequence[Row[Any]]
    purchases: int


def drafts(session: Session, desk: Desk, lease_token: str) -> list[Draft]:
    """Every check-in still claimed under this lease, drafted at this moment of business time."""
    now = system.business_now(session)
    rules = published.rules(session)
    return [_draft(session, desk, rules, facts, now) for facts in _facts(session, lease_token)]


def purchase_facts(
    purchase: Purchase | Row[Any], promises: Iterable[Promise | Row[Any]], country: str | None, purchases: int
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
    rows = fixed.run(session, _CLAIMED, lease_token=lease_token).all()
    reps = Reps.of(session)
    promised: dict[int, list[Row[Any]]] = defaultdict(list)
    for promise in fixed.run(session, _PROMISED, ids=[row.purchase_id for row in rows]):
        promised[promise.purchase_id].append(promise)
    counted = fixed.run(session, _BOUGHT, ids=[row.customer_id for row in rows])
    bought: dict[int, int] = {row.customer_id: row.purchases for row in counted}
    return [_Facts(row, reps.seller(row.rep_email), promised[row.purchase_id], bought[row.customer_id]) for row in rows]


# No two of these columns share a name, so that one row stands for the customer and for the purchase.
_CLAIMED = (
    select(
        *(Message.id, Message.lease_token, Message.fence, Message.campaign_id, Message.version_id, Message.step),
        *(Enrollment.version.label("enrollment_version"), Enrollment.customer_id, Enrollment.purchase_id),
        *(Customer.version.label("customer_version"), Customer.email, Customer.first_name, Customer.last_name),
        *(Customer.timezone, Customer.country, Customer.locale),
        *(Purchase.version.label("purchase_version"), Purchase.rep_email, Purchase.product_name, Purchase.sku),
        *(Purchase.category, Purchase.amount, Purchase.currency, Purchase.purchased_at, Purchase.delivered_at),
    )
    .join(Enrollment, Enrollment.id == Message.enrollment_id)
    .join(Customer, Customer.id == Enrollment.customer_id)
    .join(Purchase, Purchase.id == Enrollment.purchase_id)
    .where(Message.lease_token == bindparam("lease_token"), Message.state == MessageState.claimed)
    .where(Message.kind == MessageKind.check_in)  # a rep's words that stand for a step belong to it too
    .order_by(Message.due_at)
)
_PROMISED = (
    select(Promise.id, Promise.purchase_id, Promise.text, Promise.due_on, Promise.state)
    .where(fixed.among(Promise.purchase_id, "ids"))
    .order_by(Promise.id)
)
_BOUGHT = (
    select(Purchase.customer_id, func.count().label("purchases"))
    .where(fixed.among(Purchase.customer_id, "ids"))
    .group_by(Purchase.customer_id)
)


def _draft(session: Session, desk: Desk, rules: published.Rules, facts: _Facts, now: datetime) -> Draft:
    desk.before_each()
    row = facts.row
    zone, token = rules.zone(row.timezone, row.country), tokens.reply_token()
    way_out = addresses.unsubscribe_url(desk.settings.public_url, desk.key, row.customer_id)
    context = letter.context(letter.About(row, row, facts.promises, facts.rep, rules.company, zone, now, way_out))
    step = published.version(session, row.version_id).step(row.step)
    return Draft(
        message_id=row.id,
        lease_token=row.lease_token,
        fence=row.fence,
        campaign_id=row.campaign_id,
        customer_id=row.customer_id,
        address_hash=tokens.fingerprint(desk.key, row.email),
        versions=(row.customer_version, row.purchase_version, row.enrollment_version),
        zone=zone,
        reply_token=token,
        context=context,
        letter=_letter(session, step, facts, context, _envelope(rules, facts, way_out, token)),
        is_reps=step.owner == "rep",
    )


def _letter(
    session: Session, step: definition.Step, facts: _Facts, context: dict[str, object], envelope: outgoing.Envelope
) -> Written | Objection:
    row = facts.row
    if step.when is not None:
        judged = purchase_facts(row, facts.promises, row.country, facts.purchases)
        if not definition.holds(step.when, judged):
            return Objection(Reason.condition_false)
    try:
        said = render.render(published.version(session, row.version_id).letter(step.id), context)
        mail = outgoing.check_in(said, envelope)
        return Written(mail, sendgrid.body(mail))
    except (render.RenderError, TypeError, ValueError) as trouble:
        # of this one letter: the rest of the batch must not wait for it
        return Objection(Reason.missing_data, str(trouble)[:300])


def _envelope(rules: published.Rules, facts: _Facts, way_out: str, token: str) -> outgoing.Envelope:
    row = facts.row
    return outgoing.Envelope(
        message_id=row.id,
        to_address=row.email,
        to_name=f"{row.first_name} {row.last_name}".strip(),
        from_name=facts.rep.name,
        from_local=facts.rep.email.partition("@")[0],
        domain=rules.sending.domain,
        inbound_domain=rules.sending.inbound_domain,
        reply_token=token,
        unsubscribe_url=way_out,
        click_tracking=rules.sending.click_tracking,
        open_tracking=rules.sending.open_tracking,
    )
