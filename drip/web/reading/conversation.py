"""A conversation as its page shows it: what is new since somebody looked, and what they had written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from drip import tokens
from drip.engine.handoffs import answer, brief
from drip.engine.people import sign_in, suppress
from drip.engine.replies import follow_up, policy
from drip.models.customer import Customer
from drip.models.handoff import HandoffState
from drip.models.inbound import InboundMail, InboundState
from drip.models.reply import ReplyKind
from drip.models.user import Role

MOST_RAW = 5
UNDECIDED = frozenset({ReplyKind.wrong_person, ReplyKind.leaving, ReplyKind.opt_out})
_NAMED = re.compile(rf"{follow_up.SEE} (\d{{1,18}})")
NO_VERSION = -1  # fits no conversation


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form carried, to be shown again: nothing that a person has typed is lost. `newest` is the newest mail
    that stood on the page it came from."""

    words: answer.Words = field(default_factory=lambda: answer.Words("", "", NO_VERSION))
    newest: str = ""
    trouble: str = ""
    resolution: str = ""

    def after(self, trouble: str) -> "Kept":
        """The same, with what went wrong."""
        return replace(self, trouble=trouble)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the visitor may do here, and the names of the mails that came in while they wrote."""

    may_answer: bool
    may_take_over: bool
    is_mine: bool
    newest: str
    new: frozenset[str]


def kept(form: Mapping[str, str]) -> Kept:
    """The answer form; a name for it is made up where it brings none that could be one of ours."""
    name = form.get("draft_id", "")
    written = answer.Words(
        text=clean(form.get("text", "")),
        draft_id=name if name.isascii() and name.isalnum() and len(name) <= 40 else tokens.new_id(),
        version=version(form),
        subject=" ".join(clean(form.get("subject", "")).split())[:300],
        for_step=form.get("for_step") == "1",
        step_key=form.get("step_key", "")[:120],
        confirmed=form.get("confirmed") == "1",
    )
    return Kept(written, form.get("newest", "")[:200])


def version(form: Mapping[str, str]) -> int:
    """Which state of the conversation the page showed; one that fits none when the form does not say."""
    given = form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else NO_VERSION


def clean(text: str) -> str:
    """Line ends of one kind, no control characters: browsers send CR LF, and NUL fits no database."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if letter in "\n\t" or letter.isprintable() or ord(letter) > 159)


def seen(found: brief.Brief, visitor: sign_in.Visitor, was: Kept) -> Seen:
    """Pure: rows in, what the page may show out."""
    row = found.handoff
    free = row.claimed_by in (None, visitor.email)
    may = visitor.role in (Role.admin, Role.rep) and row.state is not HandoffState.closed
    names = [name(each) for each in found.words]
    known = names.index(was.newest) if was.newest in names else 0
    new = frozenset(names[:known])
    return Seen(may and free, may and not free, row.claimed_by == visitor.email, names[0] if names else "", new)


def name(words: brief.Words) -> str:
    """A mail's name on the page."""
    return f"reply-{words.reply.id}" if words.reply else f"mail-{words.message.id}" if words.message else ""


def stopped(session: Session, customer_id: int, key: bytes) -> bool:
    """Whether this customer has asked to be left alone."""
    return bool(suppress.in_force(session, session.get_one(Customer, customer_id), key))


def raw_mails(session: Session, found: brief.Brief) -> Sequence[InboundMail]:
    """Mails of theirs that nobody could read, and one that went to several customers, while the conversation lasts."""
    if found.handoff.state is HandoffState.closed:
        return ()
    named = [int(number) for number in _NAMED.findall(found.handoff.why)]
    unread = (InboundMail.customer_id == found.customer.id) & (InboundMail.state == InboundState.unreadable)
    rows = select(InboundMail).where(or_(unread, InboundMail.id.in_(named))).order_by(InboundMail.id)
    return session.scalars(rows.limit(MOST_RAW)).all()


def is_undecided(found: brief.Brief) -> bool:
    """Whether nothing may be chosen beforehand: after these words no check-in goes on because somebody was in haste."""
    return found.asked is not None and found.asked.reply is not None and found.asked.reply.kind in UNDECIDED


def reasons(found: brief.Brief) -> tuple[str, str]:
    """Why it is with a person: by what they wrote last, and what was known before where that says something else."""
    before, newest = found.handoff.why, found.asked.reply if found.asked else None
    if newest is None or not before or before.startswith(policy.WHY[newest.kind]):
        return before, ""
    return policy.why(newest), before
