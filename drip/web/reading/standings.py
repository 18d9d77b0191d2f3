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

UNSENT = frozenset({MessageState.queued, MessageState.claimed,
                    MessageState.skipped, MessageState.cancelled, MessageState.failed})  # fmt: skip

Walks = tuple[str | None, str | None, int]  # where they began, where those that have not ended stand, how many they are


@dataclass(frozen=True, slots=True)
class Counts:
    """People at one step: before it, past it with a mail, past it without one, and come when its day had gone by."""

    waiting: int = 0
    sent: int = 0
    skipped: int = 0
    late: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.waiting + other.waiting,
            self.sent + other.sent,
            self.skipped + other.skipped,
            self.late + other.late,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """One version: how many walk it, and the people at its steps, by step id."""

    version: published.Version
    walking: int
    counts: dict[str, Counts]


def of(session: Session, campaign_id: int) -> list[Standing]:
    """The newest version, and before it every one that people walk or walked; the newest first."""
    walks, sent = _walks(session, campaign_id), _sent(session, campaign_id)
    versions = [published.version(session, number) for number in _ids(session, campaign_id, {*walks, *sent})]
    return [_standing(version, walks[version.id], sent[version.id]) for version in versions]


def _ids(session: Session, campaign_id: int, peopled: Iterable[int]) -> Sequence[int]:
    rows = select(CampaignVersion.id).where(CampaignVersion.campaign_id == campaign_id)
    newest, *older = session.scalars(rows.order_by(CampaignVersion.number.desc())).all()
    return [newest, *(each for each in older if each in peopled)]


def _walks(session: Session, campaign_id: int) -> dict[int, list[Walks]]:
    """Everybody who was ever enrolled, by version."""
    at = (Enrollment.version_id, Enrollment.first_step, Enrollment.next_step, Enrollment.state)
    rows = select(*at, func.count()).where(Enrollment.campaign_id == campaign_id).group_by(*at)
    found: dict[int, list[Walks]] = defaultdict(list)
    for version_id, first, upcoming, state, number in session.execute(rows):
        found[version_id].append((first, upcoming if state in WALKING else None, number))
    return found


def _sent(session: Session, campaign_id: int) -> dict[int, Counter[str]]:
    """How many mails of a step have left, by version and step."""
    at = (Message.version_id, Message.step)
    rows = select(*at, func.count()).where(
        Message.campaign_id == campaign_id,
        Message.version_id.is_not(None),
        Message.step.is_not(None),
        Message.state.not_in(UNSENT),
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for version_id, step, number in session.execute(rows.group_by(*at)):
        found[version_id or 0][step or ""] = number
    return found


def _standing(version: published.Version, walks: Sequence[Walks], sent: Counter[str]) -> Standing:
    walking = sum(number for _, upcoming, number in walks if upcoming)
    return Standing(version, walking, _counts(version, walks, sent))


def _counts(version: published.Version, walks: Iterable[Walks], sent: Counter[str]) -> dict[str, Counts]:
    """Whoever is past a step and got no mail of it is counted as skipped, whether a Message says so or nothing does:
    an enrollment that ends writes none for the steps it does not live to see."""
    order = {step.id: number for number, step in enumerate(version.campaign.steps)}
    found = {}
    for step, place in order.items():
        at: Counter[str] = Counter()
        for first, upcoming, number in walks:
            at[_where(order, place, first, upcoming)] += number
        found[step] = Counts(at["here"], sent[step], max(0, at["past"] - sent[step]), at["late"])
    return found


def _where(order: dict[str, int], place: int, first: str | None, upcoming: str | None) -> str:
    """As explain tells it: first whether it ever was theirs, then how far they are."""
    stands = order.get(upcoming or "")
    if stands == place:
        return "here"
    if first is None or place < order.get(first, 0):
        return "late"
    return "to come" if stands is not None and stands < place else "past"
