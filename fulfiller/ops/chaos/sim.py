"""`fulfiller chaos sim`: thousands of simulated days in which everything fails, each judged."""

import os

import click

from fulfiller.ops.exits import Failed
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, remark, show

SEEDS = 200
SEEDS_MAX = 10_000_000


@examples(
    "fulfiller chaos sim",
    "fulfiller chaos sim --seeds 1500",
    "fulfiller chaos sim --seed 82 --tell",
    "fulfiller chaos sim --seeds 100000 --seed 1000000 --json",
)
@click.command()
@click.option("--seeds", type=click.IntRange(1, SEEDS_MAX), help="How many runs.  [default: 200]")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="The seed of the first."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=lambda: os.cpu_count() or 1,
    show_default="one per processor",
    help="Processes that run them.",
)
@click.option("--tell", is_flag=True, help="Tell what happens in one run, step by step.")
@json_option
def sim(*, seeds: int | None, seed: int, jobs: int, tell: bool, as_json: bool) -> None:
    """Run the service in a simulated world in which everything fails, and judge it.

    Intakes, workers, keepers, callers and operators run the code that runs in production; store,
    broker, clocks and processes are simulated, and fail by the dice of a seed. In the end all
    heals, and then every claim must have come to its end: exit 1 if an invariant is broken, or if
    1,500 seeds or more left a kind of fault untried. The same seed does the same, always.
    """
    from fulfiller.clock import monotonic
    from fulfiller.ops.chaos.report import as_data, in_words, story
    from fulfiller.ops.chaos.report import progress as made
    from fulfiller.sim.many import run_many
    from fulfiller.sim.run import run

    if tell:
        if seeds not in (None, 1):
            raise click.UsageError("--tell tells one run: leave --seeds out")
        told, ok = story(run(seed, telling=True))
        click.echo(told)
        if not ok:
            raise Failed(f"seed {seed} breaks an invariant")
        return
    number = seeds or SEEDS
    began = monotonic()
    say = made(number, remark)
    summary = run_many(range(seed, seed + number), jobs=jobs, progress=say)
    took_s = monotonic() - began
    show(as_data(summary, seed, took_s), in_words(summary, took_s), as_json=as_json)
    if summary.failures:
        raise Failed(f"{len(summary.failures):,} of {number:,} seeds break an invariant")
    if summary.blind:
        raise Failed(f"{len(summary.holes)} places were never struck: the dice have gone blind")
