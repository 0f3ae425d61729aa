"""`fulfiller chaos`: the commands with which engineers break things on purpose."""

import click

from fulfiller.ops.chaos.listing import list_scenarios
from fulfiller.ops.chaos.running import run
from fulfiller.ops.chaos.sim import sim
from fulfiller.ops.group import Forgiving, examples


@examples(
    "fulfiller chaos list",
    "fulfiller chaos run worker-kill",
    "fulfiller chaos sim --seeds 1500",
)
@click.group(cls=Forgiving)
def chaos() -> None:
    """Break it on purpose, and judge what became of everybody's claims."""


for command in (list_scenarios, run, sim):
    chaos.add_command(command)
