"""BRIEF: all that a person needs before they answer a customer, collected from SQL onto one screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.campaigns import calendar, published
from drip.engine.handoffs import following, resolve, upcoming
from drip.engine.sending import letter
from drip.engine.telling import clauses, explain, life
from drip.mail import addresses, render
from drip.models import system
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment
from drip.models.handoff import Handoff, HandoffState, Resolution
from drip.models.message import Message, MessageKind
from drip.models.purchase import Promise, Purchase
from drip.models.reasons import Reason
from drip.models.rep import Rep, Reps
from drip.models.reply import Reply

# To these nothing gets through, whatever a rep confirms; all others asked to be left alone and may be asked about.
UNREACHABLE = frozenset({Reason.bounced, Reason.complained, Reason.erased, Reason.suppressed})


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose pages these are: the base of links, and the key that signs them and knows suppressed addresses."""

    public_url: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase, for how many local days it has been theirs, and what was promised with it."""

    purchase: Purchase
    days: int
    promises: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One mail of the conversation, theirs (`reply`) or ours (`message`), with its text as it was written.
    `crossed`: a check-in that left after they wrote and before we had it."""

    at: datetime
    text: str
    subject: str
    reply: Reply | None = None
    message: Message | None = None
    by: str = ""
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """The campaign's next check-in written for this customer, to be edited and sent as one's own; `trouble` instead
    of a text when it cannot be written. `key` names it in forms; `unmet`: the condition, as a clause, because of which
    the campaign itself would leave it out, and then there is no text either: it would say what is not so."""

    key: str
    step: str
    campaign: str
    planned_at: datetime | None
    subject: str
    text: str
    trouble: str = ""
    unmet: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """A conversation: who, what they bought, every word (the newest first), what comes next and what may be done."""

    handoff: Handoff
    customer: Customer
    rep: Rep
    zone: ZoneInfo
    bought: tuple[Bought, ...]
    words: tuple[Words, ...]
    following: tuple[explain.Told, ...]
    draft: Draft | None
    effects: dict[Resolution, str]
    subject: str
    stopped: tuple[Reason, ...]

    @property
    def asked(self) -> Words | None:
        """What the customer said last in this conversation."""
        return next((each for each in self.words if each.reply and each.reply.handoff_id == self.handoff.id), None)

    @property
    def needs_confirmation(self) -> bool:
        """They asked us to stop: an answer is the rep's own decision (DESIGN.md promise 11)."""
        return bool(self.stopped) and not self.is_unreachable

    @property
    def is_unreachable(self) -> bool:
        return any(reason in UNREACHABLE for reason in self.stopped)


def of(session: Session, handoff_id: int, desk: Desk) -> Brief | None:
    """Everything about one handoff; None when there is none. Reads only."""
    row = session.get(Handoff, handoff_id)
    if row is None:
        return None
    who = session.get_one(Customer, row.customer_id)
    lived = life.of(session, who, desk.key)
    zone = calendar.zone_of(lived.zone.zone_name)
    reps = Reps.of(session)
    said = tuple(words(session, who.id))
    return Brief(
        handoff=row,
        customer=who,
        rep=reps.by_id.get(row.rep_id, reps.first),
        zone=zone,
        bought=tuple(_bought(session, who.id, zone)),
        words=said,
        following=tuple(following.of(session, lived)),
        draft=_draft(session, row, who, desk) if row.state is not HandoffState.closed else None,
        effects=resolve.effects(session, row),
        subject=_subject(said, row.id),
        stopped=tuple(each.reason for each in lived.suppressions),
    )


def words(session: Session, customer_id: int) -> list[Words]:
    """All that went to and fro with one customer, the newest first; what never left is not among it."""
    replies = session.scalars(select(Reply).where(Reply.customer_id == customer_id)).all()
    mine = (Message.customer_id == customer_id, Message.kind != MessageKind.notice)
    messages = session.scalars(select(Message).where(*mine)).all()
    crossed = {message_id for reply in replies for message_id in reply.crossed}
    reps = Reps.of(session).by_id
    told = [Words(row.received_at, row.new_text or row.full_text, row.subject, reply=row) for row in replies]
    told += [_ours(session, row, reps, crossed) for row in messages if row.handed_at or row.kind is MessageKind.answer]
    return sorted(told, key=lambda each: each.at, reverse=True)


def _ours(session: Session, row: Message, reps: dict[int, Rep], crossed: set[str]) -> Words:
    subject, text = _written(session, row)
    rep = reps.get(row.rep_id or 0)
    return Words(
        row.handed_at or row.created_at,
        text,
        subject,
        message=row,
        by=rep.name if rep else "",
        crossed=row.id in crossed,
    )


def _written(session: Session, row: Message) -> tuple[str, str]:
    """Subject and text as they left: a check-in is rendered again from its version and the facts kept with it."""
    if row.letter is not None:
        return render.one_line(str(row.letter["subject"])), str(row.letter["text"])
    if row.version_id is None or row.step is None or row.context is None:
        return "", ""
    try:
        letter = render.render(published.version(session, row.version_id).letter(row.step), row.context)
    except (render.RenderError, KeyError):
        return "", ""
    return letter.subject, letter.text


def _bought(session: Session, customer_id: int, zone: ZoneInfo) -> Iterator[Bought]:
    today = calendar.local_date(system.business_now(session), zone)
    rows = select(Purchase).where(Purchase.customer_id == customer_id).order_by(Purchase.purchased_at.desc())
    for row in session.scalars(rows).all():
        promised = session.scalars(select(Promise).where(Promise.purchase_id == row.id).order_by(Promise.id)).all()
        owned_since = calendar.local_date(row.delivered_at or row.purchased_at, zone)
        yield Bought(row, (today - owned_since).days, tuple(promised))


def _draft(session: Session, row: Handoff, who: Customer, desk: Desk) -> Draft | None:
    walk = upcoming.of(session, row)
    if walk is None or walk.next_step is None:
        return None
    version = published.version(session, walk.version_id)
    when = version.step(walk.next_step).when
    unmet = clauses.unmet(when, upcoming.known(session, walk)) if when else ""
    subject = text = trouble = ""
    if not unmet:
        facts = _facts(session, walk, who, row.rep_id, desk)
        subject, text, trouble = _rendered(version.letter(walk.next_step), facts)
    return Draft(
        key=upcoming.key(walk),
        step=walk.next_step,
        campaign=version.campaign.title,
        planned_at=walk.planned_at,
        subject=subject,
        text=personal(text),
        trouble=trouble,
        unmet=unmet,
    )


def _rendered(compiled: render.Compiled, facts: dict[str, object]) -> tuple[str, str, str]:
    try:
        written = render.render(compiled, facts)
    except render.RenderError as trouble:
        return "", "", str(trouble)
    return written.subject, written.text, ""


def personal(text: str) -> str:
    """A campaign's text without what stands below its signature: a person's own mail carries no way out."""
    lines = text.rstrip().split("\n")
    ends = [place for place, line in enumerate(lines) if line.rstrip() == "--"]
    return "\n".join(lines[: ends[-1]] if ends else lines).strip()


def _facts(session: Session, walk: Enrollment, who: Customer, rep_id: int, desk: Desk) -> dict[str, object]:
    rules = published.rules(session)
    purchase = session.get_one(Purchase, walk.purchase_id)
    promises: Sequence[Promise] = session.scalars(
        select(Promise).where(Promise.purchase_id == purchase.id).order_by(Promise.id)
    ).all()
    reps = Reps.of(session)
    return letter.context(
        letter.About(
            who, purchase, promises, reps.by_id.get(rep_id, reps.first), rules.company,
            rules.zone(who.timezone, who.country), system.business_now(session),
            addresses.unsubscribe_url(desk.public_url, desk.key, who.id),
        )
    )  # fmt: skip


def _subject(said: Sequence[Words], handoff_id: int) -> str:
    """The subject that an answer will carry, when there is a mail of theirs to answer."""
    newest = next((each for each in said if each.reply and each.reply.handoff_id == handoff_id), None)
    subject = newest.subject if newest else ""
    return subject if not subject or subject.lower().startswith("re:") else f"Re: {subject}"
