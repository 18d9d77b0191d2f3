"""where the database lives, so that a copy is told from the one that sends

Revision ID: 20261122_home
Revises: 20261121_first
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_home"
down_revision = "20261121_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    home = op.create_table(
        "home",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("database_id", sa.String(length=26), nullable=True),
        sa.Column("whereabouts", sa.String(length=300), nullable=True),
        sa.Column("lived_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lost_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home")),
    )
    op.bulk_insert(home, [{"id": 1}])


def downgrade() -> None:
    op.drop_table("home")
