"""Commands for the store itself."""

import click

from fulfiller.domain.error import Raced
from fulfiller.ops.exits import Failed
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.show import remark
from fulfiller.settings import load


@examples("fulfiller store upgrade")
@click.group(cls=Forgiving)
def store() -> None:
    """Create the store or bring it up to date."""


@examples(
    "fulfiller store upgrade",
    "FULFILLER_STORE_URL=postgresql://me@db/fulfiller fulfiller store upgrade",
)
@store.command()
def upgrade() -> None:
    """Create the tables, or bring those of an older version up to date.

    Run it before the new version's processes start; to run it twice does no harm.
    It waits briefly for tables that are in use, then says so and changes nothing.
    """
    from fulfiller.store.migrating import upgrade as migrate

    settings = load()
    try:
        migrate(settings.store_url)
    except Raced as taken:
        raise Failed(str(taken)) from taken
    remark("The store is up to date.")
