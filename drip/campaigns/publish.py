"""PUBLISH: config.toml and its letters become immutable versions in SQL; enrollments stay on theirs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from drip import errors
from drip.campaigns import changes, definition, stored
from drip.models import audit, system
from drip.models.campaign import Campaign, CampaignState, CampaignVersion, Publication
from drip.models.rep import Rep
from drip.models.system import System


class DomainChangedError(errors.DripError):
    """The file names another sending domain than this database belongs to."""


@dataclass(frozen=True, slots=True)
class Told:
    """What publishing changes, or would: house rules at once for everybody, campaigns for purchases from now on."""

    rules: list[changes.RuleChange]
    campaigns: list[changes.Change]

    @property
    def sentences(self) -> list[str]:
        """All of it, a line each."""
        return [rule.sentence for rule in self.rules] + [each.sentence for each in self.campaigns]

    @property
    def news(self) -> list[str]:
        """The same without the campaigns that stay as they are."""
        moved = [each for each in self.campaigns if each.kind is not changes.ChangeKind.unchanged]
        return [rule.sentence for rule in self.rules] + [each.sentence for each in moved]


def look(session: Session, house: definition.House) -> Told:
    """What `publish` would do; nothing is written."""
    return Told(changes.of_rules(session, house), changes.of_campaigns(session, house))


def is_empty(session: Session) -> bool:
    """Whether nothing has ever been published here."""
    return session.scalar(select(Publication.id).limit(1)) is None


def is_published(session: Session, house: definition.House) -> bool:
    """Whether the file says just what was published last."""
    digest = session.scalar(select(Publication.digest).order_by(Publication.id.desc()).limit(1))
    return digest == stored.house_digest(house)


def publish(session: Session, house: definition.House, by: str) -> Told:
    """Write what is new; locks the system row, so that two who publish take turns."""
    _keep_domain(session, house)
    told = look(session, house)
    now = system.business_now(session)
    if not is_published(session, house):
        session.add(_publication(house, now, by))
        _write_reps(session, house)
    for rule in told.rules:
        audit.note(session, by, "publish", f"rules:{rule.section}", rule.sentence)
    for campaign, change in zip(house.campaigns, told.campaigns, strict=False):
        _write_campaign(session, house, campaign, change, now)
        if change.kind in (changes.ChangeKind.new, changes.ChangeKind.changed):
            audit.note(session, by, "publish", f"campaign:{campaign.name}", change.sentence)
    session.flush()
    return told


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


def _write_campaign(
    session: Session, house: definition.House, campaign: definition.Campaign, change: changes.Change, now: datetime
) -> None:
    if change.kind is changes.ChangeKind.unchanged:
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
        digest=stored.digest(house, campaign),
        toml=campaign.toml,
        definition=stored.plan(campaign),
        letters=stored.letters(house, campaign),
        published_at=now,
    )


def _publication(house: definition.House, now: datetime, by: str) -> Publication:
    return Publication(
        digest=stored.house_digest(house),
        toml=house.toml,
        company=stored.company(house),
        sending=stored.sending(house),
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
