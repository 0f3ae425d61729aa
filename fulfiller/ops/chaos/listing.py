"""`fulfiller chaos list`: what there is to break, and what is believed of it."""

import click

from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, show, table


@examples("fulfiller chaos list", "fulfiller chaos list --json")
@click.command("list")
@json_option
def list_scenarios(*, as_json: bool) -> None:
    """List the scenarios that `chaos run` knows, with what is believed of each."""
    from fulfiller.chaos.experiment.striking import kind_of
    from fulfiller.ops.chaos.scenarios import scenarios

    known = scenarios()
    data = [
        {
            "name": each.name,
            "title": each.title,
            "hypothesis": each.hypothesis,
            "store": each.store,
            "faults": sorted({kind_of(fault) for fault in each.faults}),
            "control": each.control,
        }
        for each in known
    ]
    rows = [(each.name, each.title) for each in known]
    text = f"{table(('Scenario', 'What happens'), rows)}\n\nRun one: fulfiller chaos run NAME"
    show(data, text, as_json=as_json)
