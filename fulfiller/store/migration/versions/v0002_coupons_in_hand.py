"""Coupons in hand: what a coupon's moves leave on it, and the keys they were made under.

It only adds: processes of the version before go on working beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.String(36).with_variant(sa.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Apply this revision."""
    op.add_column("coupon", sa.Column("revision", sa.Integer(), nullable=True))
    op.add_column("coupon", sa.Column("held_until", sa.BigInteger(), nullable=True))
    op.add_column("coupon", sa.Column("checkout", sa.Text(), nullable=True))
    op.create_table(
        "coupon_act",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "key", "verb"),
    )
