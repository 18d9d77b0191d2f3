"""Who stands where in a campaign: the people at each step, version by version."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip.campaigns import published
from drip.models.campaign import CampaignVersion
from drip.models.enrollment import WALKING, Enrollment
from drip.models.message import Message, MessageState

NOT_SENT = frozenset({MessageState.skipped, MessageState.cancelled, MessageState.failed})
ON_ITS_WAY = frozenset({MessageState.queued, MessageState.claimed})

Decided = tuple[str, MessageState, int]  # how many mails of a step are in a state


@dataclass(frozen=True, slots=True)
class Counts:
    """People at one step: before it, past it with a mail, past it without one."""

    waiting: int = 0
    sent: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.waiting + other.waiting, self.sent + other.sent, self.skipped + other.skipped)


@dataclass(frozen=True, slots=True)
class Standing:
    """One version: how many walk it, and the people at its steps, by step id."""

    version: published.Version
    walking: int
    counts: dict[str, Counts]


def of(session: Session, campaign_id: int) -> list[Standing]:
    """The newest version, and before it every one that people walk or have had mail of; the newest first."""
    waiting, decided = _waiting(session, campaign_id), _decided(session, campaign_id)
    versions = [published.version(session, number) for number in _ids(session, campaign_id, {*waiting, *decided})]
    return [
        Standing(version, sum(waiting[version.id].values()), _counts(version, waiting[version.id], decided[version.id]))
        for version in versions
    ]


def _ids(session: Session, campaign_id: int, peopled: Iterable[int]) -> Sequence[int]:
    rows = select(CampaignVersion.id).where(CampaignVersion.campaign_id == campaign_id)
    newest, *older = session.scalars(rows.order_by(CampaignVersion.number.desc())).all()
    return [newest, *(each for each in older if each in peopled)]


def _waiting(session: Session, campaign_id: int) -> dict[int, Counter[str]]:
    """How many walk towards a step, by version and step."""
    at = (Enrollment.version_id, Enrollment.next_step)
    rows = select(*at, func.count().label("number")).where(
        Enrollment.campaign_id == campaign_id, Enrollment.state.in_(WALKING), Enrollment.next_step.is_not(None)
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for row in session.execute(rows.group_by(*at)):
        found[row.version_id][row.next_step] += row.number
    return found


def _decided(session: Session, campaign_id: int) -> dict[int, list[Decided]]:
    """Mails that were sent or left out, by version."""
    at = (Message.version_id, Message.step, Message.state)
    rows = select(*at, func.count().label("number")).where(
        Message.campaign_id == campaign_id,
        Message.version_id.is_not(None),
        Message.step.is_not(None),
        Message.state.not_in(ON_ITS_WAY),
    )
    found: dict[int, list[Decided]] = defaultdict(list)
    for version_id, step, state, number in session.execute(rows.group_by(*at)):
        found[version_id or 0].append((step or "", state, number))
    return found


def _counts(version: published.Version, waiting: Counter[str], decided: Iterable[Decided]) -> dict[str, Counts]:
    sent: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for step_id, state, number in decided:
        (skipped if state in NOT_SENT else sent)[step_id] += number
    return {step.id: Counts(waiting[step.id], sent[step.id], skipped[step.id]) for step in version.campaign.steps}
