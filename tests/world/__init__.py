"""The small world: Rita sells bicycles to Ana, Ben and Chidi."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from drip import config, db
from drip.campaigns import definition, published
from drip.campaigns import publish as publishing
from drip.engine.sending import plan
from drip.models import system
from drip.models.campaign import Campaign, CampaignVersion
from drip.models.customer import Customer
from drip.models.enrollment import Enrollment, EnrollmentState
from drip.models.purchase import Promise, Purchase, PurchaseStatus

HERE = Path(__file__).parent
NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 9, 1, 9, 0, tzinfo=NEW_YORK)  # a Tuesday


def named(server_url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def only(database: db.Database, kind: str) -> None:
    """Skip what is a question to the other database."""
    if database.is_sqlite is not (kind == "sqlite"):
        pytest.skip(f"a question to {kind}")


def settings(folder: Path, database_url: str, **changes: str) -> config.Settings:
    """Settings of a process in the small world."""
    return config.load(
        {
            "DRIP_CONFIG": str(HERE / "config.toml"),
            "DRIP_DATA_DIR": str(folder / "var"),
            "DATABASE_URL": database_url,
            "DRIP_SECRET_KEY": "a secret of the tests",
            "DRIP_SANDBOX_PORT": "9",
            **changes,
        }
    )


def house() -> definition.House:
    """tests/world/config.toml, checked."""
    return definition.load(HERE / "config.toml")


def publish(database: db.Database) -> None:
    """Publish the small world."""
    with database.write() as session:
        publishing.publish(session, house(), by="tests")


def set_clock(database: db.Database, at: datetime) -> None:
    """Make it `at` in business time."""
    with database.write() as session:
        system.move_clock(session, at - system.business_now(session))


@dataclass(frozen=True)
class Bought:
    """What a test wants of a purchase; the rest is Ana's bicycle, delivered the day before START."""

    email: str = "ana@buyers.example"
    first_name: str = "Ana"
    timezone: str | None = "America/New_York"
    country: str | None = "US"
    campaign: str = "ride"
    anchor_at: datetime = START - timedelta(days=1)
    status: PurchaseStatus = PurchaseStatus.paid
    promises: tuple[str, ...] = ()
    product: str = "Quay 3"
    external_id: str = field(default_factory=lambda: f"order-{next(_numbers)}")


_numbers = iter(range(1, 10**9))


def bought(session: Session, wanted: Bought | None = None) -> Enrollment:
    """Write a customer, a purchase and its enrollment straight into SQL, planned by the engine's own rule."""
    wanted = wanted or Bought()
    now = system.business_now(session)
    customer = _customer(session, wanted, now)
    purchase = _purchase(session, wanted, customer, now)
    campaign = session.scalars(select(Campaign).where(Campaign.name == wanted.campaign)).one()
    of_campaign = select(CampaignVersion).where(CampaignVersion.campaign_id == campaign.id)
    version = session.scalars(of_campaign.order_by(CampaignVersion.number.desc()).limit(1)).one()
    rules = published.rules(session)
    zone = rules.zone(customer.timezone, customer.country)
    frame = plan.Frame(published.version(session, version.id).campaign, wanted.anchor_at, zone, rules.hours)
    first = plan.first(frame, now)
    row = Enrollment(
        campaign_id=campaign.id,
        version_id=version.id,
        purchase_id=purchase.id,
        customer_id=customer.id,
        state=EnrollmentState.active if first else EnrollmentState.completed,
        exclusive=wanted.campaign == "ride",
        anchor_at=wanted.anchor_at,
        first_step=first.step if first else None,
        next_step=first.step if first else None,
        planned_at=first.at if first else None,
        next_due_at=first.at if first else None,
        enrolled_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _customer(session: Session, wanted: Bought, now: datetime) -> Customer:
    row = session.scalars(select(Customer).where(Customer.email == wanted.email)).first()
    if row is None:
        row = Customer(
            email=wanted.email,
            first_name=wanted.first_name,
            timezone=wanted.timezone,
            country=wanted.country,
            created_at=now,
        )
        session.add(row)
        session.flush()
    return row


def _purchase(session: Session, wanted: Bought, customer: Customer, now: datetime) -> Purchase:
    row = Purchase(
        source="tests",
        external_id=wanted.external_id,
        customer_id=customer.id,
        status=wanted.status,
        status_at=now,
        purchased_at=wanted.anchor_at,
        delivered_at=wanted.anchor_at,
        product_name=wanted.product,
        category="bike" if wanted.campaign == "ride" else "helmet",
        amount=Decimal("1299.00"),
        currency="USD",
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    for said in wanted.promises:
        session.add(Promise(purchase_id=row.id, text=said, changed_at=now))
    return row
