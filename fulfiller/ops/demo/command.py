"""`fulfiller demo`: everything at work, on this machine, in a minute and a half."""

import click

DAY_S = 36


@click.command()
@click.option("--keep", is_flag=True, help="Leave the stack running at the end, until Ctrl-C.")
@click.option(
    "--seconds",
    type=click.IntRange(4, 600),
    default=DAY_S,
    show_default=True,
    help="Seconds that the day of nine hours takes.",
)
@click.option("--seed", type=int, default=20260206, show_default=True, help="Who asks for what.")
@click.option("--requests", type=click.IntRange(200), help="Instead of what suits this machine.")
@click.option("--postgres", is_flag=True, help="Use an embedded PostgreSQL instead of SQLite.")
@click.pass_context
def demo(ctx: click.Context, /, **options: object) -> None:
    """Play the Spring Festival rush in small, kill a worker, and prove that nobody lost out.

    A real stack comes up in a temporary folder: broker, store, intake, workers, keeper and
    Flower. A process of its own sends the day's requests over HTTP. Needs nothing, leaves
    nothing behind; exit 0 if the proof holds, 1 if it doesn't.

    \b
    Examples:
      fulfiller demo
      fulfiller demo --keep
      fulfiller demo --postgres --seconds 60
    """  # noqa: D301 - click reads \\b
    print(
        "Fulfiller plays 6 February 2026: ten million requests in nine hours, in small.", flush=True
    )

    from fulfiller.ops.demo.options import Options
    from fulfiller.ops.demo.run import run

    ctx.exit(run(Options(**options)))  # type: ignore[arg-type]
