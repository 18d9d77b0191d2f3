"""PAUSE and RESUME of one campaign."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import errors
from drip.engine.sending import catch_up
from drip.models import audit, system
from drip.models.campaign import Campaign, CampaignState
from drip.models.reasons import Reason


class UnknownCampaignError(errors.DripError):
    """There is no campaign of that name."""


def pause_campaign(session: Session, name: str, *, by: str, reason: str = "paused by hand") -> bool:
    """From the moment this commits no gate lets a check-in of this campaign pass; whether one could until now."""
    row = _locked(session, name)
    if row.state is not CampaignState.active:
        return False
    row.state, row.state_reason = CampaignState.paused, reason
    row.state_at = system.business_now(session)
    audit.note(session, by, "pause", f"campaign:{name}", reason)
    return True


def resume_campaign(session: Session, name: str, missed: catch_up.Missed, *, by: str) -> catch_up.Resumed:
    """Go on after a pause; idempotent."""
    row = _locked(session, name)
    if row.state is not CampaignState.paused:
        return catch_up.Resumed(name, was_paused=False)
    gap = catch_up.Gap(row.state_at, system.business_now(session), missed, Reason.campaign_paused)
    row.state, row.state_reason, row.state_at, row.refusal_streak = CampaignState.active, "", gap.until, 0
    skipped = catch_up.catch_up(session, {row.id: gap})
    audit.note(session, by, "resume", f"campaign:{name}", f"missed: {missed}")
    return catch_up.Resumed(name, skipped, gap.days)


def _locked(session: Session, name: str) -> Campaign:
    row = session.scalars(select(Campaign).where(Campaign.name == name).with_for_update(key_share=True)).first()
    if row is None:
        known = ", ".join(session.scalars(select(Campaign.name).order_by(Campaign.name)))
        raise UnknownCampaignError(f"There is no campaign {name!r}. There are: {known or 'none yet'}.")
    return row
