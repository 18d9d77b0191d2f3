"""All rooms of the house, in the order in which addresses are looked up."""

from drip.web import campaigns, customers, health, home, imports, letters, session, unsubscribe
from drip.web.api import about, ledger, purchases

ROUTERS = (
    session.router,
    home.router,
    letters.router,
    campaigns.router,
    customers.router,
    imports.router,
    unsubscribe.router,
    health.router,
    purchases.router,
    ledger.router,
    about.router,
)
