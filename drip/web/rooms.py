"""All rooms of the house, in the order in which addresses are looked up."""

from drip.web import (
    absences,
    campaigns,
    customers,
    dashboard,
    handoffs,
    health,
    home,
    imports,
    letters,
    mails,
    queue,
    replies,
    session,
    unmatched,
    unsubscribe,
    webhook_inbound,
    webhooks,
)
from drip.web.api import about, ledger, purchases
from drip.web.api import handoffs as api_handoffs
from drip.web.api import replies as api_replies

ROUTERS = (
    session.router,
    home.router,
    queue.router,
    handoffs.router,
    replies.router,
    unmatched.router,
    mails.router,
    absences.router,
    dashboard.router,
    letters.router,
    campaigns.router,
    customers.router,
    imports.router,
    unsubscribe.router,
    webhooks.router,
    webhook_inbound.router,
    health.router,
    purchases.router,
    ledger.router,
    api_handoffs.router,
    api_replies.router,
    about.router,
)
