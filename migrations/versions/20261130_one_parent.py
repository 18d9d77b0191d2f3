"""a row's parent is checked, copies of what the parent knows are not

An enrollment's campaign is its version's, its customer its purchase's; a message's customer is its enrollment's or its
conversation's. Each key that is checked costs an import or a claim as much as an index. Purchases are listed by their
id first: by their source first, PostgreSQL reads all of it in a table that it thinks is small. A house on SQLite that
is older keeps what it has: SQLite would have to write the whole table anew.

Revision ID: 20261130_one_parent
Revises: 20261130_fewer_keys
"""

from alembic import op

revision = "20261130_one_parent"
down_revision = "20261130_fewer_keys"
branch_labels = None
depends_on = None

NEWER = "uq_purchases_external_id_source"
OLDER = "uq_purchases_source_external_id"


def upgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_messages_enrollment_id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE enrollments DROP CONSTRAINT IF EXISTS fk_enrollments_campaign_id")
        op.execute("ALTER TABLE enrollments DROP CONSTRAINT IF EXISTS fk_enrollments_customer_id")
        op.execute("ALTER TABLE messages DROP CONSTRAINT IF EXISTS fk_messages_customer_id")
        op.execute(f"ALTER TABLE purchases DROP CONSTRAINT IF EXISTS {NEWER}, DROP CONSTRAINT IF EXISTS {OLDER}")
        op.execute(f"ALTER TABLE purchases ADD CONSTRAINT {NEWER} UNIQUE (external_id, source)")


def downgrade() -> None:
    """The first schema is without them, too."""
