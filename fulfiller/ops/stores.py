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
@click.option(
    "--tries",
    type=click.IntRange(1, 1_000),
    default=20,
    show_default=True,
    help="How often to try, two seconds each, while a table is in use.",
)
def upgrade(*, tries: int) -> None:
    """Create the tables, or bring those of an older version up to date.

    Run it before the new version's processes start; to run it twice does no harm.
    It waits briefly for tables that are in use, lets those behind it through and tries again;
    in the end it says so and has changed nothing.
    """
    from fulfiller.store.migrating import upgrade as migrate

    settings = load()
    try:
        migrate(settings.store_url, tries=tries)
    except Raced as taken:
        raise Failed(str(taken)) from taken
    remark("The store is up to date.")
