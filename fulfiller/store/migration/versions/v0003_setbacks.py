"""Setbacks: an index over the few events that tell why claims are parked.

It only adds: processes of the version before go on working beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply this revision."""
    few = sa.text("kind in ('claim.parked', 'claim.replayed')")
    op.create_index(
        "event_setback",
        "event",
        ["campaign", "tier", "id"],
        postgresql_where=few,
        sqlite_where=few,
    )
