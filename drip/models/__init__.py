"""NOUNS: the tables, and the queries that return them."""

from drip.models import (
    audit,
    campaign,
    customer,
    delivery_event,
    enrollment,
    handoff,
    home,
    inbound,
    message,
    purchase,
    reasons,
    rep,
    reply,
    sending_day,
    suppression,
    system,
    user,
)
from drip.models.base import Base

__all__ = [
    "Base",
    "audit",
    "campaign",
    "customer",
    "delivery_event",
    "enrollment",
    "handoff",
    "home",
    "inbound",
    "message",
    "purchase",
    "reasons",
    "rep",
    "reply",
    "sending_day",
    "suppression",
    "system",
    "user",
]
