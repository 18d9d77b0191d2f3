"""OUTAGE: Drip, its database or the provider was away for more than a day, and nobody had paused anything."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from drip.campaigns import publish, published
from drip.engine.sending import catch_up, stop_all
from drip.models import audit, home, system
from drip.models.reasons import Reason
from drip.models.system import BreakerState, SystemState

LONG = timedelta(days=1)  # what is late by less still goes out: one a customer a day, in the window, until it expires
ASK = "ask"


def live_on(session: Session) -> bool:
    """Call it every few seconds while mail may leave, before anything is claimed. False while the provider is down.

    When the last call is long ago, what was missed meanwhile follows `after_outage` of config.toml; `ask` pauses
    everything instead, from when it stopped, so that resuming asks. During a pause or a HOLD somebody decides anyway.
    """
    if system.provider(session).state is not BreakerState.closed:
        return False
    row, now = home.lock(session), system.now(session)
    last, row.sends_until = row.sends_until, now.real_at
    if last is not None and now.real_at - last > LONG and now.state is SystemState.running:
        _over(session, last + now.offset, now.business_at)
    return True


def _over(session: Session, since: datetime, until: datetime) -> None:
    if publish.is_empty(session):
        return
    chosen = published.rules(session).sending.after_outage
    what = f"nothing could leave from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
    if chosen == ASK:
        stop_all.pause(session, "drip", f"{what}; say what becomes of the check-ins that were missed", since=since)
        return
    system.lock(session)
    told = stop_all.after_gap(session, catch_up.Gap(since, until, catch_up.Missed(chosen), Reason.outage))
    audit.note(session, "drip", "outage", "system", f"{what}. {told.sentence}")
