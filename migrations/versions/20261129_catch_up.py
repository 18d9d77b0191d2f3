"""since when nothing leaves, and when the scheduler was last able to send

Revision ID: 20261129_catch_up
Revises: 20261129_reply_files
"""

import sqlalchemy as sa
from alembic import op

revision = "20261129_catch_up"
down_revision = "20261129_reply_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("system", sa.Column("state_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("home", sa.Column("sends_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("home", "sends_until")
    op.drop_column("system", "state_at")
