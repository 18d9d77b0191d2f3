"""the database keeps what a claim relies on

A step that is put off has nothing due of its own. A process of an older Drip that still ran while the database was
upgraded didn't know of the mark and left it where it filled `next_due_at`: no claim would ever have found that step.
Such a write is refused now, and what was written so is found again.

Revision ID: 20261201_put_off
Revises: 20261130_claims_in_place
"""

import sqlalchemy as sa
from alembic import op

revision = "20261201_put_off"
down_revision = "20261130_claims_in_place"
branch_labels = None
depends_on = None

NAME = "ck_enrollments_put_off"
WAITS = "NOT put_off OR next_due_at IS NULL"
FOUND = "UPDATE enrollments SET put_off = false WHERE put_off AND next_due_at IS NOT NULL"
UNDER_WAY = "UPDATE enrollments SET put_off = true WHERE state = 'active' AND next_due_at IS NULL"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FOUND)
        op.execute(f"ALTER TABLE enrollments ADD CONSTRAINT {NAME} CHECK ({WAITS})")
    else:
        _column_anew(f" CONSTRAINT {NAME} CHECK ({WAITS})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(NAME, "enrollments")
    else:
        _column_anew("")


def _column_anew(check: str) -> None:
    """SQLite takes a new constraint only with a new column; all others stay where they are."""
    op.drop_index("ix_enrollments_due", "enrollments")
    op.drop_column("enrollments", "put_off")
    op.execute(f"ALTER TABLE enrollments ADD COLUMN put_off BOOLEAN DEFAULT 0 NOT NULL{check}")
    op.create_index(
        "ix_enrollments_due",
        "enrollments",
        ["campaign_id", "planned_at", "customer_id"],
        sqlite_where=sa.text("state = 'active' AND put_off = 0"),
    )
    op.execute(UNDER_WAY)
