"""`fulfiller chaos run`: one scenario on real processes, with a verdict and a report."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fulfiller.ops.exits import Exit, Failed
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, remark, show

if TYPE_CHECKING:
    from fulfiller.chaos.outcome import Ran

NOT_IN_PAIRS = ("target", "store", "no_control", "report", "journal")
"""Options that say nothing to --hours."""
STORES = click.Choice(("sqlite", "postgres"))


@examples(
    "fulfiller chaos run",
    "fulfiller chaos run broker-wipe --store sqlite",
    "fulfiller chaos run ours.toml --report ours.html",
    "fulfiller chaos run database-locks --target",
    "fulfiller chaos run --every --no-control",
    "fulfiller chaos run broker-wipe+worker-kill",
    "fulfiller chaos run --hours 4 --seed 7",
)
@click.command()
@click.argument("scenario", default="worker-kill")
@click.option("--every", is_flag=True, help="Run every scenario, one after the other.")
@click.option("--store", type=STORES, help="Another store than the scenario's own.")
@click.option("--target", is_flag=True, help="Break the deployment that the settings name.")
@click.option("--no-control", is_flag=True, help="Leave out the arm that shows plain Celery.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the HTML report goes.  [default: chaos-SCENARIO.html]",
)
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the JSON journal goes.  [default: chaos-SCENARIO.json]",
)
@click.option("--hours", type=click.FloatRange(0.001), help="Run pairs of scenarios for so long.")
@click.option("--seed", type=click.IntRange(0), default=0, help="The order of the pairs.")
@json_option
@click.pass_context
def run(ctx: click.Context, /, scenario: str, *, every: bool, **options: Any) -> None:
    """Break a running stack on purpose, and judge what became of everybody's claims.

    SCENARIO is a name from `chaos list`, or the path of a TOML file of your own; without one a
    worker is killed. A stack is started for it on this machine, and is gone afterwards. Claims
    come in at the door while faults strike; in the end all is healed, and every promise must
    have been kept, once. Exit 1 if not, or if a fault that was declared did not demonstrably
    happen. What this machine lacks is skipped, and said.

    NAME+NAME strikes the faults of two scenarios at once, and --hours goes on with one such pair
    after the other until one does not hold.

    With --target the deployment is broken that FULFILLER_STORE_URL, FULFILLER_BROKER_URL and
    FULFILLER_API_URL name: a campaign of its own is opened there, but faults strike everybody.
    """
    from fulfiller.ops.chaos.scenarios import scenario_of, scenarios

    hours, seed = options.pop("hours"), options.pop("seed")
    if hours is not None and (every or any(options[name] for name in NOT_IN_PAIRS)):
        raise click.UsageError("--hours runs pairs on stacks of their own: leave the rest out")
    if hours is not None:
        _soak(hours, seed, as_json=options["as_json"])
        return
    chosen = scenarios() if every else [scenario_of(scenario)]
    if every and (options["report"] or options["journal"]):
        raise click.UsageError("--every writes a report for each: leave --report and --journal out")
    if options["target"] and options["store"]:
        raise click.UsageError("--target has a store already: leave --store out")
    remark(f"Starting {chosen[0].name}: {chosen[0].title}.")
    from fulfiller.ops.chaos.session import Session

    ran = [Session(scenario=each, source=scenario, **options).run() for each in chosen]
    _conclude(ctx, ran, as_json=options["as_json"])


def _soak(hours: float, seed: int, *, as_json: bool) -> None:
    from fulfiller.ops.chaos.soaking import soak

    soaked = soak(hours, seed)
    show(soaked.data, soaked.words, as_json=as_json)
    if soaked.broken is not None:
        raise Failed(f"does not hold: {soaked.broken}")


def _conclude(ctx: click.Context, ran: "list[Ran]", *, as_json: bool) -> None:
    from fulfiller.chaos.journal import journal
    from fulfiller.ops.chaos.telling import in_words, summary, totals

    alone = len(ran) == 1
    data = {"totals": totals(ran), "journals": [journal(each) for each in ran]}
    words = in_words(ran[0]) if alone else summary(ran)
    show(journal(ran[0]) if alone else data, words, as_json=as_json)
    broken = [each.scenario.name for each in ran if not each.ok or (alone and each.untried)]
    if broken:
        raise Failed(f"not proven to hold: {', '.join(broken)}")
    ctx.exit(Exit.OK)
