"""`fulfiller bench`: what it does here, side by side with plain Celery and the bare SQL."""

from pathlib import Path

import click

from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, remark, show

ROUNDS, QUICK_ROUNDS = 5, 3
CLAIMS, QUICK_CLAIMS = 30_000, 10_000
QUIET_S, QUICK_QUIET_S = 10.0, 3.0
PICTURE = click.Path(dir_okay=False, writable=True, path_type=Path)
SAVED = click.Path(exists=True, dir_okay=False, path_type=Path)


@examples(
    "fulfiller bench",
    "fulfiller bench --quick",
    "fulfiller bench --json | jq .ratios",
    "fulfiller bench --store sqlite --rounds 7",
    "fulfiller bench --from bench.json --plot bench.svg",
)
@click.command()
@click.option("--quick", is_flag=True, help="Three short rounds, in two minutes.")
@json_option
@click.option("--rounds", type=click.IntRange(1, 100), help="Times that every arm is measured.")
@click.option("--claims", type=click.IntRange(100), help="Claims to drain; other arms take less.")
@click.option(
    "--store",
    type=click.Choice(["postgres", "sqlite"]),
    default="postgres",
    show_default=True,
    help="Which embedded store to measure on.",
)
@click.option("--plot", type=PICTURE, help="Draw the rates into this SVG file, too.")
@click.option("--from", "saved", type=SAVED, help="Measure nothing: draw what --json told once.")
def bench(  # noqa: PLR0913 - as many options as the command has
    *,
    quick: bool,
    as_json: bool,
    rounds: int | None,
    claims: int | None,
    store: str,
    plot: Path | None,
    saved: Path | None,
) -> None:
    """Measure against plain Celery and bare SQL, on the same servers within the same minutes.

    Servers start in a temporary folder and leave nothing behind. Every arm is measured once a
    round, its books are proven, and medians are shown; exit 1 if a book does not balance. A
    busy machine changes rates; CPU per claim over all processes hardly changes.
    """
    from fulfiller.domain.error import FulfillerError
    from fulfiller.ops.bench.plot import drawn, read
    from fulfiller.ops.bench.report import as_json as in_json
    from fulfiller.ops.bench.report import tables
    from fulfiller.ops.bench.run import Options, run

    if saved is not None and plot is None:
        raise Misused("--from FILE says what to draw; say with --plot FILE where to")
    options = Options(
        store=store,
        rounds=rounds or (QUICK_ROUNDS if quick else ROUNDS),
        claims=claims or (QUICK_CLAIMS if quick else CLAIMS),
        quiet_s=QUICK_QUIET_S if quick else QUIET_S,
    )
    try:
        if saved is None:
            found = run(options)
            told = in_json(found.samples, found.about)
            show(told, tables(found.samples), as_json=as_json)
        else:
            told = read(saved)
        if plot is not None:
            plot.write_text(drawn(told), encoding="utf-8")
            remark(f"Drawn into {plot}")
    except FulfillerError as fault:
        raise Failed(f"{type(fault).__name__}: {fault}") from fault
