"""Commands for the store itself."""

import click

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
    """
    from fulfiller.store.migrating import upgrade as migrate

    settings = load()
    migrate(settings.store_url)
    remark("The store is up to date.")
