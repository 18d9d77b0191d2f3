"""what has left leaves no trace in what is looked at each second

Claimed messages are few and have one index. PostgreSQL keeps the entries of rows that have moved on until it vacuums,
and every look at what is due walks over them: by default that waits for a fifth of the table, which in a house of
millions is weeks of mail. And it would leave the indexes alone where few pages have changed. Holds that are over are
asked for by customer, too.

Revision ID: 20261130_tidy_queues
Revises: 20261130_one_parent
"""

from alembic import op

revision = "20261130_tidy_queues"
down_revision = "20261130_one_parent"
branch_labels = None
depends_on = None

QUEUES = ("enrollments", "messages", "delivery_events", "inbound_mails")
OFTEN = {"autovacuum_vacuum_scale_factor": "0.01", "autovacuum_vacuum_threshold": "1000", "vacuum_index_cleanup": "on"}


def upgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_messages_claimed")
    op.create_index("ix_holds_customer_id", "holds", ["customer_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table in QUEUES:
            op.execute(f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in OFTEN.items())})")


def downgrade() -> None:
    op.drop_index("ix_holds_customer_id", "holds")
    op.execute("CREATE INDEX ix_messages_claimed ON messages (lease_until) WHERE state = 'claimed'")
    if op.get_bind().dialect.name == "postgresql":
        for table in QUEUES:
            op.execute(f"ALTER TABLE {table} RESET ({', '.join(OFTEN)})")
