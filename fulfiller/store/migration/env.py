"""What alembic runs: our metadata over the connection that `migrating` hands in."""

from alembic import context

from fulfiller.store import table, table_line, table_staff

TABLES = (table, table_line, table_staff)
"""Modules whose tables are known by being imported."""
METADATA = table.ClaimRow.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
