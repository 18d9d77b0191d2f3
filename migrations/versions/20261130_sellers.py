"""a purchase names its rep by address alone

So whoever joins us after the import has their purchases from the first day on. An older house keeps its column
`rep_id`, which nobody reads any more: processes that were started before the upgrade still write it.

Revision ID: 20261130_sellers
Revises: 20261130_tidy_queues
"""

from alembic import op
from sqlalchemy import inspect

revision = "20261130_sellers"
down_revision = "20261130_tidy_queues"
branch_labels = None
depends_on = None

NAMED = """
UPDATE purchases SET rep_email = (SELECT email FROM reps WHERE reps.id = purchases.rep_id)
WHERE rep_email IS NULL AND rep_id IS NOT NULL
"""


def upgrade() -> None:
    if "rep_id" in {column["name"] for column in inspect(op.get_bind()).get_columns("purchases")}:
        op.execute(NAMED)


def downgrade() -> None:
    """An older house has its column still."""
