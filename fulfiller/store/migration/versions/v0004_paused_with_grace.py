"""Paused with grace: breakers beside modes, rates, pressure, bound keys, and places in line.

It only adds: processes of the version before go on working beside it.
"""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0004"
down_revision = "0003"
ID = sa.String(36).with_variant(UUID(as_uuid=False), "postgresql")
PER_HOUR = {"s": 3_600, "m": 60, "h": 1}


def upgrade() -> None:
    """Apply this revision."""
    for name in ("breaker", "hold", "gauge", "pauses"):
        op.add_column("mode", sa.Column(name, sa.Text, nullable=True))
    op.add_column(
        "mode", sa.Column("switched_at", sa.BigInteger, nullable=False, server_default="0")
    )
    for name in ("bound_campaign", "bound_limit_key"):
        op.add_column("api_key", sa.Column(name, sa.Text, nullable=True))
    op.create_table(
        "pace",
        sa.Column("campaign", sa.Text, primary_key=True),
        sa.Column("limit_key", sa.Text, primary_key=True),
        sa.Column("per_hour", sa.BigInteger, nullable=False),
        sa.Column("tat", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "pressure",
        sa.Column("campaign", sa.Text, primary_key=True),
        sa.Column("limit_key", sa.Text, primary_key=True),
        sa.Column("pressure", sa.Text, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "waitlist_block",
        sa.Column("campaign", sa.Text, primary_key=True),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("end_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("end_id", ID, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    _pace_campaigns()


def _pace_campaigns() -> None:
    """Give campaigns that state a rate their row: from here on it is enforced."""
    connection = op.get_bind()
    paces = sa.table("pace", *map(sa.column, ("campaign", "limit_key", "per_hour", "tat")))
    for campaign, terms in connection.execute(sa.text("select id, terms from campaign")).all():
        rate = json.loads(terms).get("issuing_rate")
        if rate is not None:
            count, _, unit = rate.partition("/")
            per_hour = max(1, round(float(count) * PER_HOUR[unit or "s"]))
            row = {"campaign": campaign, "limit_key": "", "per_hour": per_hour, "tat": 0}
            connection.execute(sa.insert(paces).values(**row))
