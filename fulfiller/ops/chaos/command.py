"""`fulfiller chaos`: the commands with which engineers break things on purpose."""

import click

from fulfiller.ops.chaos.sim import sim
from fulfiller.ops.group import Forgiving, examples


@examples(
    "fulfiller chaos sim",
    "fulfiller chaos sim --seeds 1500",
)
@click.group(cls=Forgiving)
def chaos() -> None:
    """Break it on purpose, and judge what became of everybody's claims."""


chaos.add_command(sim)
