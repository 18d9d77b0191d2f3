"""Today: whether mail may leave, what went out, what comes next, and what needs a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.models import customer, inbound, system
from drip.models.audit import AuditEntry
from drip.models.campaign import Campaign, CampaignState
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.inbound import InboundState
from drip.models.message import Message, MessageKind, MessageState
from drip.models.rep import Rep
from drip.models.system import Breaker, BreakerState, Heartbeat, SystemState

LATEST = 1000  # messages looked at: an index on the id, never the whole ledger
SHOWN = 8
MOST = 1000
STALE_SECONDS = 60
REMEMBERED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Coming:
    """A step that falls due: of whom, and when."""

    customer: Customer
    enrollment: Enrollment
    campaign: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Gone:
    """A mail that was handed today, to a customer or, as a notice, to a rep."""

    message: Message
    customer: Customer | None
    rep: Rep | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Today:
    """Everything on the first page. `sent` went to customers, `notices` to reps. Counts of `capped` size mean "at
    least"; `coming` is without those whose customer a person has the word with."""

    state: SystemState
    since: datetime | None
    breaker: BreakerState
    sent: int
    notices: int
    gone: Sequence[Gone]
    coming: Sequence[Coming]
    unknowns: int
    failed: int
    customers: bool
    problems: Sequence[str]

    @property
    def capped(self) -> int:
        return MOST


def today(session: Session, zone: ZoneInfo) -> Today:
    """One look, by indexes alone."""
    now = system.now(session)
    midnight = calendar.instant(calendar.local_date(now.business_at, zone), time(), zone)
    columns = select(Message.id, Message.kind, Message.state, Message.handed_at, Message.planned_at)
    latest = session.execute(columns.order_by(Message.id.desc()).limit(LATEST)).all()
    sent = [(row.handed_at, row.id) for row in latest if row.handed_at and row.handed_at >= midnight]
    notices = sum(row.kind is MessageKind.notice for row in latest if row.handed_at and row.handed_at >= midnight)
    failed = [row.id for row in latest if row.state is MessageState.failed and row.planned_at >= midnight]
    breaker = session.get_one(Breaker, 1)
    unknowns = _unknowns(session)
    return Today(
        state=now.state,
        since=session.get_one(system.System, 1).state_at,
        breaker=breaker.state,
        sent=len(sent) - notices,
        notices=notices,
        gone=_gone(session, [message_id for _, message_id in sorted(sent, reverse=True)[:SHOWN]]),
        coming=_coming(session, now.business_at),
        unknowns=unknowns,
        failed=len(failed),
        customers=session.scalar(select(Customer.id).limit(1)) is not None,
        problems=[*_problems(session, now, breaker), *_unsure(unknowns, len(failed)), *_unmatched(session)],
    )


def _gone(session: Session, ids: Sequence[str]) -> list[Gone]:
    rows = select(Message, Customer, Rep).outerjoin(Customer, Customer.id == Message.customer_id)
    rows = rows.outerjoin(Rep, Rep.id == Message.rep_id).where(Message.id.in_(ids))
    found = session.execute(rows.order_by(Message.handed_at.desc(), Message.id.desc()))
    return [Gone(row.Message, row.Customer, row.Rep, _zone(session, row.Customer)) for row in found]


def _coming(session: Session, at: datetime) -> list[Coming]:
    """The first few of each active campaign, by its own index, then the first few of all."""
    found: list[Coming] = []
    for campaign in session.scalars(select(Campaign).where(Campaign.state == CampaignState.active)):
        rows = session.execute(
            select(Customer, Enrollment)
            .join(Enrollment, Enrollment.customer_id == Customer.id)
            .where(Enrollment.campaign_id == campaign.id, Enrollment.state == EnrollmentState.active)
            .where(~Enrollment.put_off, Enrollment.next_due_at.is_not(None))
            .where(~customer.holding(Enrollment.customer_id, at))
            .order_by(Enrollment.planned_at)
            .limit(SHOWN)
        )
        found += [Coming(who, walk, campaign.name, _zone(session, who)) for who, walk in rows]
    return sorted(found, key=lambda each: (each.enrollment.next_due_at or at, each.enrollment.id))[:SHOWN]


def _zone(session: Session, who: Customer | None) -> ZoneInfo:
    """The customer's clock: nine in the morning should read as nine in the morning."""
    rules = published.rules(session)
    return rules.zone(who.timezone, who.country) if who else rules.zone(None, None)


def _unknowns(session: Session) -> int:
    few = select(Message.id).where(Message.state == MessageState.ambiguous).limit(MOST).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0


def _problems(session: Session, now: system.Now, breaker: Breaker) -> list[str]:
    found = []
    if breaker.state is not BreakerState.closed:
        found.append("The mail provider does not answer. Nothing leaves until it does; one mail at a time asks.")
    for campaign in session.scalars(select(Campaign).where(Campaign.state == CampaignState.paused)):
        why = f": {campaign.state_reason}" if campaign.state_reason else ""
        found.append(f"The campaign {campaign.name} is paused{why}.")
    beat_at = session.scalar(select(func.max(Heartbeat.beat_at)).where(Heartbeat.role == "scheduler"))
    if beat_at is None or (now.real_at - beat_at).total_seconds() > STALE_SECONDS:
        found.append("No scheduler is running, so nothing is sent. Start one: drip up, or drip scheduler.")
    return found + _outages(session, now.business_at)


def _outages(session: Session, at: datetime) -> list[str]:
    """What an outage of these last days made us leave out."""
    lately = (AuditEntry.subject == "system", AuditEntry.act == "outage", AuditEntry.at > at - REMEMBERED)
    details = session.scalars(select(AuditEntry.detail).where(*lately).order_by(AuditEntry.id))
    return [f"{said[0].upper()}{said[1:]}" for said in details]


def _unsure(unknowns: int, failed: int) -> list[str]:
    found = []
    if unknowns:
        mails = "One mail" if unknowns == 1 else f"{unknowns} mails"
        found.append(f"{mails} may have arrived or not: see Unknowns.")
    if failed:
        found.append(f"The mail provider refused {failed} of today's mails; the customers' pages say why.")
    return found


def _unmatched(session: Session) -> list[str]:
    waiting = inbound.waiting(session)
    number = waiting[InboundState.unmatched] + waiting[InboundState.unreadable]
    mails = "One mail waits" if number == 1 else f"{number} mails wait"
    return [f"{mails} for a person to say whose it is: see Queue, Unmatched."] if number else []
