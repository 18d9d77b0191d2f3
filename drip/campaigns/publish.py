"""PUBLISH: config.toml and its letters become immutable versions in SQL; enrollments stay on theirs."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import definition
from drip.models import audit, system
from drip.models.campaign import Campaign, CampaignState, CampaignVersion, Publication
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.rep import Rep
from drip.models.system import System


class DomainChangedError(errors.DripError):
    """The file names another sending domain than this database belongs to."""


class ChangeKind(StrEnum):
    """What publishing does to one campaign."""

    new = "new"
    changed = "changed"
    unchanged = "unchanged"
    missing = "missing"


@dataclass(frozen=True, slots=True)
class Change:
    """One campaign: its new version's number, who stays on older ones, and which steps come, go or differ."""

    campaign: str
    kind: ChangeKind
    number: int
    walking: int = 0
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What a marketer wants to know before publishing."""
        if self.kind is ChangeKind.unchanged:
            return f"{self.campaign}: nothing changed (version {self.number})."
        if self.kind is ChangeKind.missing:
            return f"{self.campaign}: no longer in the file; it goes on as version {self.number} until you pause it."
        if self.kind is ChangeKind.new:
            return f"{self.campaign}: new, {len(self.added)} check-ins; purchases from now on follow it."
        return f"{self.campaign}: version {self.number}; {self._steps()}. {self._stay()}"

    def _steps(self) -> str:
        parts = (("gains", self.added), ("loses", self.removed), ("rewords", self.edited))
        said = [f"{verb} {', '.join(steps)}" for verb, steps in parts if steps]
        return "; ".join(said) or "only its settings differ"

    def _stay(self) -> str:
        who = "Nobody is" if self.walking == 0 else f"{self.walking} customers are"
        return f"{who} on an older version and keep{'s' if not self.walking else ''} it; new purchases follow this one."


def changes(session: Session, house: definition.House) -> list[Change]:
    """What `publish` would do, campaign by campaign; nothing is written."""
    known = {row.name: row for row in session.scalars(select(Campaign))}
    said = [_change(session, house, campaign, known.get(campaign.name)) for campaign in house.campaigns]
    named = {campaign.name for campaign in house.campaigns}
    return said + [_missing(session, row) for name, row in known.items() if name not in named]


def is_empty(session: Session) -> bool:
    """Whether nothing has ever been published here."""
    return session.scalar(select(Publication.id).limit(1)) is None


def is_published(session: Session, house: definition.House) -> bool:
    """Whether the file says just what was published last."""
    digest = session.scalar(select(Publication.digest).order_by(Publication.id.desc()).limit(1))
    return digest == _house_digest(house)


def publish(session: Session, house: definition.House, by: str) -> list[Change]:
    """Write what is new; locks the system row, so that two who publish take turns."""
    _keep_domain(session, house)
    planned = changes(session, house)
    now = system.business_now(session)
    if not is_published(session, house):
        session.add(_publication(house, now, by))
        _write_reps(session, house)
    for campaign, change in zip(house.campaigns, planned, strict=False):
        _write_campaign(session, house, campaign, change, now)
        if change.kind in (ChangeKind.new, ChangeKind.changed):
            audit.note(session, by, "publish", f"campaign:{campaign.name}", change.sentence)
    session.flush()
    return planned


def check_domain(session: Session, house: definition.House) -> None:
    """Refuse a file that belongs to another database: in live mode that would be somebody else's customers."""
    kept = session.scalar(select(System.live_domain).where(System.id == 1))
    if kept is not None and kept != house.sending.domain:
        raise DomainChangedError(
            f"config.toml sends from {house.sending.domain}, but this database belongs to {kept}. "
            "Check DRIP_CONFIG and DATABASE_URL; to move for good: drip campaigns publish --new-domain"
        )


def forget_domain(session: Session) -> None:
    """The house moves: the next publication may name another sending domain."""
    system.lock(session).live_domain = None


def _keep_domain(session: Session, house: definition.House) -> None:
    """The first publication decides to which domain a database belongs."""
    row = system.lock(session)
    check_domain(session, house)
    row.live_domain = house.sending.domain


def _change(session: Session, house: definition.House, campaign: definition.Campaign, row: Campaign | None) -> Change:
    newest = _newest(session, row.id) if row else None
    if row is None or newest is None:
        return Change(campaign.name, ChangeKind.new, 1, added=tuple(step.id for step in campaign.steps))
    if newest.digest == _digest(house, campaign):
        return Change(campaign.name, ChangeKind.unchanged, newest.number)
    return _difference(house, campaign, newest, _walking(session, row.id))


def _difference(
    house: definition.House, campaign: definition.Campaign, newest: CampaignVersion, walking: int
) -> Change:
    old = {step["id"]: _step_digest(step, newest.letters) for step in newest.definition["steps"]}
    letters = _letters(house, campaign)
    new = {step.id: _step_digest(step.model_dump(mode="json"), letters) for step in campaign.steps}
    return Change(
        campaign.name,
        ChangeKind.changed,
        newest.number + 1,
        walking,
        added=tuple(step for step in new if step not in old),
        removed=tuple(step for step in old if step not in new),
        edited=tuple(step for step in new if step in old and new[step] != old[step]),
    )


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


def _write_campaign(
    session: Session, house: definition.House, campaign: definition.Campaign, change: Change, now: datetime
) -> None:
    if change.kind is ChangeKind.unchanged:
        return
    row = session.scalar(select(Campaign).where(Campaign.name == campaign.name).with_for_update())
    if row is None:
        row = Campaign(name=campaign.name, state=CampaignState.active, state_at=now)
        session.add(row)
    row.priority = campaign.priority
    row.refusal_streak = 0
    session.flush()
    session.add(_version(house, campaign, row.id, change.number, now))


def _version(
    house: definition.House, campaign: definition.Campaign, campaign_id: int, number: int, now: datetime
) -> CampaignVersion:
    return CampaignVersion(
        campaign_id=campaign_id,
        number=number,
        digest=_digest(house, campaign),
        toml=campaign.toml,
        definition=_definition(campaign),
        letters=_letters(house, campaign),
        published_at=now,
    )


def _publication(house: definition.House, now: datetime, by: str) -> Publication:
    return Publication(
        digest=_house_digest(house),
        toml=house.toml,
        company=house.company.model_dump(mode="json"),
        sending=house.sending.model_dump(mode="json"),
        published_at=now,
        published_by=by,
    )


def _write_reps(session: Session, house: definition.House) -> None:
    """A rep who is no longer in the file has left; their customers stay theirs until somebody says otherwise."""
    known = {row.email: row for row in session.scalars(select(Rep))}
    session.execute(update(Rep).values(left_at=system.business_now(session)))
    for position, rep in enumerate(house.reps):
        row = known.get(rep.email) or Rep(email=rep.email)
        row.name, row.phone, row.position = rep.name, rep.phone, position
        row.timezone = rep.timezone or house.company.timezone
        row.left_at = None
        session.add(row)


def _letters(house: definition.House, campaign: definition.Campaign) -> dict[str, dict[str, str | None]]:
    used = {step.template: house.letters[step.template] for step in campaign.steps}
    return {
        name: {"subject": source.subject, "text": source.text, "html": source.html} for name, source in used.items()
    }


def _definition(campaign: definition.Campaign) -> dict[str, object]:
    return campaign.model_dump(mode="json", exclude={"toml"})


def _digest(house: definition.House, campaign: definition.Campaign) -> str:
    return _sha(_definition(campaign), _letters(house, campaign))


def _house_digest(house: definition.House) -> str:
    parts = [_digest(house, campaign) for campaign in house.campaigns]
    reps = [rep.model_dump(mode="json") for rep in house.reps]
    return _sha(house.company.model_dump(mode="json"), house.sending.model_dump(mode="json"), reps, parts)


def _step_digest(step: dict[str, object], letters: dict[str, dict[str, str | None]]) -> str:
    return _sha(step, letters[str(step["template"])])


def _sha(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
