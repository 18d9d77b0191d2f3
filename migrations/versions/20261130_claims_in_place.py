"""a claim changes no index

What is due is found by when it was planned, which a claim leaves alone, so PostgreSQL writes the enrollment's new version
on the same page and into no index. A step whose message waits for long is marked, so that claims don't pass by it.

Revision ID: 20261130_claims_in_place
Revises: 20261130_sellers
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_claims_in_place"
down_revision = "20261130_sellers"
branch_labels = None
depends_on = None

NAME = "ix_enrollments_due"
BEFORE = "state = 'active' AND next_due_at IS NOT NULL"
SINCE = "state = 'active' AND NOT put_off"
SINCE_IN_SQLITE = "state = 'active' AND put_off = 0"  # as our questions put it; SQLite compares the words
UNDER_WAY = "UPDATE enrollments SET put_off = true WHERE state = 'active' AND next_due_at IS NULL"


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("put_off", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index(NAME, "enrollments")
    _create("planned_at", SINCE, SINCE_IN_SQLITE)
    op.execute(UNDER_WAY)  # after the index: PostgreSQL keeps one that came later from who began before
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE enrollments SET (fillfactor = 80)")


def downgrade() -> None:
    op.drop_index(NAME, "enrollments")
    op.drop_column("enrollments", "put_off")
    _create("next_due_at", BEFORE, BEFORE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE enrollments RESET (fillfactor)")


def _create(instant: str, where: str, in_sqlite: str) -> None:
    op.create_index(
        NAME,
        "enrollments",
        ["campaign_id", instant, "customer_id"],
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(in_sqlite),
    )
