"""what a claim and a gate write is listed less often

A message's campaign and version are copies of its enrollment's, whose own keys are checked; a purchase is found by the
key that keeps it from being enrolled twice; only messages that carry a reply token are listed by it. A house on SQLite
that is older keeps what it has, which costs it little: SQLite would have to write the whole table anew.

Revision ID: 20261130_fewer_keys
Revises: 20261129_handoff_index
"""

from alembic import op

revision = "20261130_fewer_keys"
down_revision = "20261129_handoff_index"
branch_labels = None
depends_on = None

NEWER = "uq_enrollments_purchase_id_campaign_id"
OLDER = "uq_enrollments_campaign_id_purchase_id"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE messages DROP CONSTRAINT IF EXISTS fk_messages_campaign_id")
    op.execute("ALTER TABLE messages DROP CONSTRAINT IF EXISTS fk_messages_version_id")
    op.execute("ALTER TABLE messages DROP CONSTRAINT IF EXISTS uq_messages_reply_token")
    op.execute(
        "CREATE UNIQUE INDEX IF NOT EXISTS uq_messages_reply_token ON messages (reply_token) "
        "WHERE reply_token IS NOT NULL"
    )
    op.execute(f"ALTER TABLE enrollments DROP CONSTRAINT IF EXISTS {NEWER}, DROP CONSTRAINT IF EXISTS {OLDER}")
    op.execute(f"ALTER TABLE enrollments ADD CONSTRAINT {NEWER} UNIQUE (purchase_id, campaign_id)")
    op.execute("DROP INDEX IF EXISTS ix_enrollments_purchase_id")


def downgrade() -> None:
    """The first schema is without them, too."""
