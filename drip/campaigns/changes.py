"""What publishing would change: campaign by campaign for whoever buys from now on, and house rules for everybody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from drip.campaigns import definition, published, stored
from drip.models.campaign import Campaign, CampaignVersion, Publication
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.rep import Rep

SHOWN_LETTERS = 60


class ChangeKind(StrEnum):
    """What publishing does to one campaign."""

    new = "new"
    changed = "changed"
    unchanged = "unchanged"
    missing = "missing"


@dataclass(frozen=True, slots=True)
class Change:
    """One campaign: its new version's number, who stays on older ones, and which steps come, go, say something else,
    fall on another day or differ in something else. One step may do several of these."""

    campaign: str
    kind: ChangeKind
    number: int
    walking: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What a marketer wants to know before publishing."""
        if self.kind is ChangeKind.unchanged:
            return f"{self.campaign}: nothing changed (version {self.number})."
        if self.kind is ChangeKind.missing:
            return f"{self.campaign}: no longer in the file; it goes on as version {self.number} until you pause it."
        if self.kind is ChangeKind.new:
            what = "check-in" if len(self.added) == 1 else "check-ins"
            return f"{self.campaign}: new, {len(self.added)} {what}; purchases from now on follow it."
        return f"{self.campaign}: version {self.number}; {self._steps()}. {self._stay()}"

    def _steps(self) -> str:
        parts = (("gains", self.added), ("loses", self.removed), ("rewords", self.reworded), ("moves", self.moved),
                 ("changes", self.altered))  # fmt: skip
        said = [f"{verb} {', '.join(steps)}" for verb, steps in parts if steps]
        return "; ".join(said) or "only its settings differ"

    def _stay(self) -> str:
        who = "Nobody is" if self.walking == 0 else f"{self.walking} customers are"
        return f"{who} on an older version and keep{'s' if not self.walking else ''} it; new purchases follow this one."


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One section of config.toml that no version pins: what it said and what it says, a few words a key."""

    section: str
    said: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a marketer wants to know before publishing."""
        return f"[{self.section}]: {'; '.join(self.said)}. This applies at once to everybody under way."


def of_campaigns(session: Session, house: definition.House) -> list[Change]:
    """What `publish` would do, campaign by campaign, those of the file first; nothing is written."""
    known = {row.name: row for row in session.scalars(select(Campaign))}
    said = [_change(session, house, campaign, known.get(campaign.name)) for campaign in house.campaigns]
    named = {campaign.name for campaign in house.campaigns}
    return said + [_missing(session, row) for name, row in known.items() if name not in named]


def of_rules(session: Session, house: definition.House) -> list[RuleChange]:
    """Sections other than campaigns that differ from what rules now; at first none."""
    newest = session.scalars(select(Publication).order_by(Publication.id.desc()).limit(1)).first()
    if newest is None:
        return []
    rules = published.parsed(newest)
    found = {
        "company": _keys(rules.company.model_dump(mode="json"), stored.company(house)),
        "sending": _keys(rules.sending.model_dump(mode="json"), house.sending.model_dump(mode="json")),
        "replies": _keys(rules.replies.model_dump(mode="json"), house.replies.model_dump(mode="json")),
        "kinds": _keys(rules.kinds.model_dump(mode="json"), house.kinds.model_dump(mode="json")),
        "reps": _reps(session, house),
    }
    return [RuleChange(section, said) for section, words in found.items() if (said := tuple(words))]


def _keys(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            yield f"{key} {_shown(old.get(key))} -> {_shown(new.get(key))}"


def _shown(value: object) -> str:
    """A value as it stands in the file, cut when it is long."""
    if value is None or value == []:
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= SHOWN_LETTERS else f"{text[: SHOWN_LETTERS - 1]}…"


def _reps(session: Session, house: definition.House) -> Iterator[str]:
    """Who comes, who goes, who is called otherwise; the first one stands in where a purchase names nobody."""
    here = session.scalars(select(Rep).where(Rep.left_at.is_(None)).order_by(Rep.position, Rep.id)).all()
    old = {row.email: {"name": row.name, "timezone": row.timezone, "phone": row.phone} for row in here}
    new = {rep.email: rep.model_dump(mode="json", exclude={"email"}) for rep in house.reps}
    yield from (f"gains {email}" for email in new if email not in old)
    yield from (f"loses {email}" for email in old if email not in new)
    yield from (f"{email}: {said}" for email in new if email in old for said in _keys(old[email], new[email]))
    stays_in_order = [email for email in old if email in new] == [email for email in new if email in old]
    if old and (next(iter(old)) != next(iter(new)) or not stays_in_order):
        yield f"order {_shown(list(old))} -> {_shown(list(new))}"


def _change(session: Session, house: definition.House, campaign: definition.Campaign, row: Campaign | None) -> Change:
    newest = _newest(session, row.id) if row else None
    if row is None or newest is None:
        return Change(campaign.name, ChangeKind.new, 1, added=tuple(step.id for step in campaign.steps))
    if newest.digest == stored.digest(house, campaign):
        return Change(campaign.name, ChangeKind.unchanged, newest.number)
    return _difference(house, campaign, newest, _walking(session, row.id))


def _difference(
    house: definition.House, campaign: definition.Campaign, newest: CampaignVersion, walking: int
) -> Change:
    letters = stored.letters(house, campaign)
    old = {step["id"]: definition.Step.model_validate(step) for step in newest.definition["steps"]}
    new = {step.id: step for step in campaign.steps}
    both = [(old[name], step) for name, step in new.items() if name in old]
    return Change(
        campaign.name,
        ChangeKind.changed,
        newest.number + 1,
        walking,
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        reworded=tuple(step.id for was, step in both if letters[step.template] != newest.letters[was.template]),
        moved=tuple(f"{step.id} from day {was.day} to {step.day}" for was, step in both if step.day != was.day),
        altered=tuple(step.id for was, step in both if _rest(step) != _rest(was)),
    )


def _rest(step: definition.Step) -> dict[str, object]:
    """What a step says beside its letter and its day."""
    return step.model_dump(exclude={"day", "template"})


def _missing(session: Session, row: Campaign) -> Change:
    newest = _newest(session, row.id)
    return Change(row.name, ChangeKind.missing, newest.number if newest else 0, _walking(session, row.id))


def _newest(session: Session, campaign_id: int) -> CampaignVersion | None:
    versions = select(CampaignVersion).where(CampaignVersion.campaign_id == campaign_id)
    return session.scalars(versions.order_by(CampaignVersion.number.desc()).limit(1)).first()


def _walking(session: Session, campaign_id: int) -> int:
    walking = (EnrollmentState.active, EnrollmentState.paused)
    count = select(func.count()).where(Enrollment.campaign_id == campaign_id, Enrollment.state.in_(walking))
    return session.scalar(count) or 0
