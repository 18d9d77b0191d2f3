"""In which version of its campaign a letter is read."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip.campaigns import definition, published
from drip.models.campaign import CampaignVersion
from drip.models.enrollment import Enrollment

LOOKED_AT = 50


def find(
    session: Session, campaign_id: int, step: str, *, customer: int | None, number: int | None
) -> tuple[published.Version, definition.Step] | None:
    """A step in the version asked for by its number, else in the one that this customer walks, else in the newest that
    has such a step; None when there is none."""
    ids = _asked(session, campaign_id, number) if number is not None else _fitting(session, campaign_id, customer)
    for version_id in ids:
        version = published.version(session, version_id)
        found = next((each for each in version.campaign.steps if each.id == step), None)
        if found is not None:
            return version, found
    return None


def walked(session: Session, campaign_id: int, customer_id: int) -> list[int]:
    """The versions that this customer walks or walked, by id, the newest purchase's first."""
    rows = select(Enrollment.version_id).where(
        Enrollment.customer_id == customer_id, Enrollment.campaign_id == campaign_id
    )
    return list(session.scalars(rows.order_by(Enrollment.id.desc())))


def _asked(session: Session, campaign_id: int, number: int) -> list[int]:
    rows = select(CampaignVersion.id).where(CampaignVersion.campaign_id == campaign_id)
    return list(session.scalars(rows.where(CampaignVersion.number == number)))


def _fitting(session: Session, campaign_id: int, customer_id: int | None) -> Iterator[int]:
    if customer_id is not None:
        yield from walked(session, campaign_id, customer_id)
    rows = select(CampaignVersion.id).where(CampaignVersion.campaign_id == campaign_id)
    yield from session.scalars(rows.order_by(CampaignVersion.number.desc()).limit(LOOKED_AT))
