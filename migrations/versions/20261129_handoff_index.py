"""only messages that belong to a conversation are listed by it

Revision ID: 20261129_handoff_index
Revises: 20261129_corrections
"""

import sqlalchemy as sa
from alembic import op

revision = "20261129_handoff_index"
down_revision = "20261129_corrections"
branch_labels = None
depends_on = None

NAME = "ix_messages_handoff_id"
BELONGS = sa.text("handoff_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(NAME, table_name="messages")
    op.create_index(NAME, "messages", ["handoff_id"], postgresql_where=BELONGS, sqlite_where=BELONGS)


def downgrade() -> None:
    op.drop_index(NAME, table_name="messages")
    op.create_index(NAME, "messages", ["handoff_id"])
