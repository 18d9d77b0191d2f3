"""the files that came with a reply: what they call themselves

Revision ID: 20261129_reply_files
Revises: 20261122_sending_days
"""

import sqlalchemy as sa
from alembic import op

revision = "20261129_reply_files"
down_revision = "20261122_sending_days"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("replies", sa.Column("files", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("replies", "files")
