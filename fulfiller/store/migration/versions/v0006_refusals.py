"""Refusals: how many claims each intake refused, by campaign and code.

It only adds: intakes of the version before tell nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply this revision."""
    op.create_table(
        "refusal",
        sa.Column("campaign", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("intake", sa.Text, primary_key=True),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": 50},
    )
