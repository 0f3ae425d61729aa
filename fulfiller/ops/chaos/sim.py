"""`fulfiller chaos sim`: thousands of simulated days in which everything fails, each judged."""

import os
from itertools import count

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
    "fulfiller chaos sim --hours 8 --seed 1000000 --json",
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
@click.option("--hours", type=click.FloatRange(0.001), help="Go on for so long, seed by seed.")
@click.option("--tell", is_flag=True, help="Tell what happens in one run, step by step.")
@json_option
def sim(
    *, seeds: int | None, seed: int, jobs: int, hours: float | None, tell: bool, as_json: bool
) -> None:
    """Run the service in a simulated world in which everything fails, and judge it.

    Intakes, workers, keepers, callers and operators run the code that runs in production; store,
    broker, clocks and processes are simulated, and fail by the dice of a seed. In the end all
    heals, and then every claim must have come to its end: exit 1 if an invariant is broken, or if
    3,000 seeds or more left a place untried. The same seed does the same, always.
    """
    if tell and (hours is not None or seeds not in (None, 1)):
        raise click.UsageError("--tell tells one run: leave --seeds and --hours out")
    if hours is not None and seeds is not None:
        raise click.UsageError("give --seeds or --hours, not both")
    if tell:
        _tell(seed)
    else:
        _run(seed, SEEDS if seeds is None else seeds, hours, jobs, as_json=as_json)


def _tell(seed: int) -> None:
    from fulfiller.ops.chaos.report import story
    from fulfiller.sim.run import run

    told, ok = story(run(seed, telling=True))
    click.echo(told)
    if not ok:
        raise Failed(f"seed {seed} breaks an invariant")


def _run(first: int, seeds: int, hours: float | None, jobs: int, *, as_json: bool) -> None:
    from fulfiller.clock import monotonic
    from fulfiller.ops.chaos.report import Progress, as_data, in_words
    from fulfiller.sim.many import Summary, run_many

    began = monotonic()
    endless = hours is not None
    until_s = began + (hours or 0) * 3600
    progress = Progress(None if endless else seeds, remark)

    def go_on(so_far: Summary) -> bool:
        progress.tell(so_far)
        return not endless or (monotonic() < until_s and not so_far.failures)

    summary = run_many(
        count(first) if endless else range(first, first + seeds),
        jobs=jobs,
        go_on=go_on,
    )
    took_s = monotonic() - began
    show(as_data(summary, first, took_s), in_words(summary, took_s), as_json=as_json)
    if summary.failures:
        raise Failed(f"{len(summary.failures):,} of {summary.seeds:,} seeds break an invariant")
    if summary.blind:
        raise Failed(f"{len(summary.holes)} places were never struck: the dice have gone blind")
