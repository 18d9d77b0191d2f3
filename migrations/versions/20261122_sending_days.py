"""how much left on each day, for the ramp of a young domain

Revision ID: 20261122_sending_days
Revises: 20261122_home
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_sending_days"
down_revision = "20261122_home"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sending_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("handed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_sending_days")),
    )


def downgrade() -> None:
    op.drop_table("sending_days")
