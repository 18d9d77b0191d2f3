"""NOUNS: the tables, and the queries that return them."""

from drip.models import (
    audit,
    campaign,
    customer,
    enrollment,
    message,
    purchase,
    reasons,
    rep,
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
    "enrollment",
    "message",
    "purchase",
    "reasons",
    "rep",
    "suppression",
    "system",
    "user",
]
