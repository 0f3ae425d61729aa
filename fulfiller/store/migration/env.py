"""What alembic runs: our metadata over the connection that `migrating` hands in."""

from alembic import context
from sqlmodel import SQLModel

from fulfiller.store import table

METADATA = SQLModel.metadata
assert table.ClaimRow.__tablename__ in METADATA.tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
