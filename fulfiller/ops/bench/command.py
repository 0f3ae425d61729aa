"""`fulfiller bench`: what it does here, side by side with plain Celery and the bare SQL."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fulfiller.ops.bench.longer import longer, longer_options
from fulfiller.ops.bench.many import Many
from fulfiller.ops.exits import Exit, Failed
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, remark, show

if TYPE_CHECKING:
    from fulfiller.ops.bench.run import Options

ROUNDS, QUICK_ROUNDS = 5, 3
CLAIMS, QUICK_CLAIMS = 30_000, 10_000
QUIET_S, QUICK_QUIET_S = 10.0, 3.0
PICTURE = click.Path(dir_okay=False, writable=True, path_type=Path)


@examples(
    "fulfiller bench",
    "fulfiller bench --quick",
    "fulfiller bench --json | jq .ratios",
    "fulfiller bench --store sqlite --rounds 7",
    "fulfiller bench --from bench.json --plot bench.svg",
    "fulfiller bench --plan 10e6 --hours 9 --peak 10",
    "fulfiller bench --plan 50e6 --from measured.json --json | jq .doors.batch",
    "fulfiller bench --flat 10e6",
    "fulfiller bench --day",
    "fulfiller bench --day --claims 100e3 --scale 20 --json",
    "fulfiller bench --flower",
    "fulfiller bench --flower --rounds 3 --claims 20e3 --json",
)
@click.command()
@click.option("--quick", is_flag=True, help="Three short rounds, in two minutes.")
@json_option
@click.option("--rounds", type=click.IntRange(1, 100), help="Times that every arm is measured.")
@click.option("--claims", type=Many(100), help="Claims to drain; other arms take less.")
@click.option(
    "--store",
    type=click.Choice(["postgres", "sqlite"]),
    default="postgres",
    show_default=True,
    help="Which embedded store to measure on.",
)
@click.option(
    "--peers/--no-peers",
    default=None,
    help="Measure other task queues, too, where installed.  [default: unless --quick]",
)
@click.option("--plot", type=PICTURE, help="Draw the rates into this SVG file, too.")
@longer_options
@click.pass_context
def bench(  # noqa: PLR0913 - as many options as the command has
    ctx: click.Context,
    /,
    *,
    quick: bool,
    as_json: bool,
    rounds: int | None,
    claims: int | None,
    store: str,
    peers: bool | None,
    plot: Path | None,
    **asked: Any,
) -> None:
    """Measure against plain Celery and bare SQL, on the same servers within the same minutes.

    Servers start in a temporary folder and leave nothing behind. Every arm is measured once a
    round, its books are proven, and medians are shown; exit 1 if a book does not balance. A
    busy machine changes rates; CPU per claim over all processes hardly changes.

    With --plan it says what a campaign would need, from costs measured now or saved before.
    With --flat it sends millions of claims; exit 1 if one at the end costs above 1.3 of one in an
    empty store right after. With --day it plays the event's day; exit 1 if a book does not
    balance. With --flower it measures what Flower and its pages cost, at rest and at full speed,
    and how fast they are.
    """
    from fulfiller.domain.error import DomainError, FulfillerError

    options = _options(quick=quick, rounds=rounds, claims=claims, store=store, peers=peers)
    try:
        wanted = asked | {"claims": claims, "rounds": rounds, "plot": plot}
        if (answer := longer(wanted, store=store)) is not None:
            show(answer.data, answer.words, as_json=as_json)
            ctx.exit(Exit.OK if answer.ok else Exit.FAILED)
        told = _measured(options, as_json=as_json) if asked["source"] is None else None
        if plot is not None:
            _draw(plot, told, asked["source"])
    except DomainError:
        raise
    except FulfillerError as fault:
        raise Failed(f"{type(fault).__name__}: {fault}") from fault


def _options(
    *, quick: bool, rounds: int | None, claims: int | None, store: str, peers: bool | None
) -> "Options":
    from fulfiller.ops.bench.run import Options

    return Options(
        store=store,
        rounds=rounds or (QUICK_ROUNDS if quick else ROUNDS),
        claims=claims or (QUICK_CLAIMS if quick else CLAIMS),
        quiet_s=QUICK_QUIET_S if quick else QUIET_S,
        peers=not quick if peers is None else peers,
    )


def _measured(options: "Options", *, as_json: bool) -> Mapping[str, Any]:
    """Measure, show what was found, and return it as JSON has it."""
    from fulfiller.ops.bench.report import as_json as in_json
    from fulfiller.ops.bench.report import tables
    from fulfiller.ops.bench.run import run

    found = run(options)
    told = in_json(found.samples, found.about)
    show(told, tables(found.samples), as_json=as_json)
    return told


def _draw(plot: Path, told: Mapping[str, Any] | None, source: Path) -> None:
    """Draw what was found, now or once."""
    from fulfiller.ops.bench.plot import drawn, read

    plot.write_text(drawn(read(source) if told is None else told), encoding="utf-8")
    remark(f"Drawn into {plot}")
