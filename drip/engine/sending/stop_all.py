"""The kill switch: one row that every gate looks at."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from drip import errors
from drip.engine.sending import catch_up
from drip.models import audit, system
from drip.models.campaign import Campaign, CampaignState
from drip.models.reasons import Reason
from drip.models.system import SystemState


class OnHoldError(errors.DripError):
    """The system is in HOLD: say what happened with `drip hold release` first."""


def pause(session: Session, by: str, reason: str, *, since: datetime | None = None) -> bool:
    """From the moment this commits no gate lets anything pass; a HOLD stays a HOLD, a pause keeps its beginning.
    Whether anything could leave until now.

    `since` (business time): nothing has left from then on, although nobody had paused.
    """
    row = system.lock(session)
    if row.state is SystemState.hold:
        return False
    was_running = row.state is SystemState.running
    if was_running:
        row.state_at = since or system.business_now(session)
    row.state, row.reason = SystemState.paused, reason[:300]
    audit.note(session, by, "pause", "system", reason)
    return was_running


def resume(session: Session, by: str, missed: catch_up.Missed = catch_up.Missed.skip) -> catch_up.Resumed:
    """Let mail leave again, after what it missed has been dealt with; idempotent."""
    row = system.lock(session)
    if row.state is SystemState.hold:
        raise OnHoldError(str(OnHoldError.__doc__))
    if row.state is SystemState.running:
        return catch_up.Resumed("The system", was_paused=False)
    now = system.business_now(session)
    told = after_gap(session, catch_up.Gap(row.state_at or now, now, missed, Reason.system_paused))
    row.state, row.reason, row.state_at = SystemState.running, "", now
    audit.note(session, by, "resume", "system", f"missed: {missed}, {told.skipped} left out")
    return told


EVERYTHING = "Everything"


def after_gap(session: Session, gap: catch_up.Gap) -> catch_up.Resumed:
    """All campaigns after a time in which nothing left. One that is paused of its own catches up when it is resumed,
    from the beginning of whichever began first; one that was resumed meanwhile, from then on."""
    rows = session.scalars(select(Campaign).order_by(Campaign.id).with_for_update(key_share=True)).all()
    gaps = {}
    for row in rows:
        if row.state is CampaignState.active:
            gaps[row.id] = catch_up.Gap(max(gap.since, row.state_at), gap.until, gap.missed, gap.reason)
        elif row.state is CampaignState.paused:
            row.state_at = min(gap.since, row.state_at)
    return catch_up.Resumed(EVERYTHING, catch_up.catch_up(session, gaps), gap.days)
