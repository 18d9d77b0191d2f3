"""What the people of the simulation look up."""

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from drip.models.campaign import Campaign, CampaignState
from drip.models.customer import Customer
from drip.models.handoff import Handoff, HandoffState


def campaign(session: Session, name: str) -> Campaign:
    return session.scalars(select(Campaign).where(Campaign.name == name)).one()


def paused(session: Session) -> list[str]:
    return list(session.scalars(select(Campaign.name).where(Campaign.state == CampaignState.paused)))


def unclosed(session: Session) -> list[int]:
    return list(session.scalars(select(Handoff.id).where(Handoff.state != HandoffState.closed)))


def customers(session: Session) -> Sequence[Row[str, int]]:
    return session.execute(select(Customer.email, Customer.id)).all()
