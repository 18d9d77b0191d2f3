"""who read a reply otherwise than we did

Revision ID: 20261129_corrections
Revises: 20261122_sending_days
"""

import sqlalchemy as sa
from alembic import op

revision = "20261129_corrections"
down_revision = "20261129_catch_up"
branch_labels = None
depends_on = None

KINDS = (
    "problem", "question", "praise", "courtesy", "buying", "referral", "leaving", "opt_out", "not_now", "wrong_person",
    "unclear", "out_of_office", "auto_reply", "bounce", "complaint", "list", "own_copy",
)  # fmt: skip


def _kind(name: str) -> sa.Enum:
    return sa.Enum(*KINDS, name=name, native_enum=False, create_constraint=True, length=24)


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("reply_id", _id(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("from_kind", _kind("from_kind"), nullable=False),
        sa.Column("to_kind", _kind("to_kind"), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name=op.f("fk_corrections_reply_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_reply_id"), ["reply_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_corrections_reply_id"))
    op.drop_table("corrections")
