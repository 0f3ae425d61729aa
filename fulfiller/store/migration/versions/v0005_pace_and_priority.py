"""Pace and priority: open claims know their flow, and flows can be walked through in order.

It only adds: rows of the version before have a flow without a name, which is served like any.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ACCEPTED = sa.text("stage = 'accepted'")


def upgrade() -> None:
    """Apply this revision."""
    op.add_column("open_claim", sa.Column("flow", BYTEWISE, nullable=False, server_default=""))
    op.create_index(
        "open_claim_flow",
        "open_claim",
        ["campaign", "tier", "flow", "ready_at", "claim_id"],
        postgresql_where=ACCEPTED,
        sqlite_where=ACCEPTED,
    )
    with op.batch_alter_table("pace") as paces:
        paces.create_check_constraint("pace_kept", "tat >= 0")
