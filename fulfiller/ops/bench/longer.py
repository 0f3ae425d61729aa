"""The doors of the bench beside its arms: a plan of capacity, millions of claims, a whole day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar

import click

from fulfiller.ops.bench.many import Many
from fulfiller.ops.exits import Misused

Command = TypeVar("Command", bound=Callable[..., Any])
LEAST = 1_000
HOURS, PEAK = 9.0, 10.0
"""The event's hours, and how much higher than its average such a day's peak may be."""
OPTIONS = (
    click.option("--plan", type=float, metavar="CLAIMS", help="Compute what so many would need."),
    click.option("--hours", type=float, help="With --plan: hours they come in.  [default: 9]"),
    click.option("--peak", type=float, help="With --plan: peak over average.  [default: 10]"),
    click.option(
        "--from",
        "source",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="With --plan or --plot: a saved --json of a bench, instead of measuring now.",
    ),
    click.option("--flat", type=Many(LEAST), help="Send so many through one campaign."),
    click.option("--day", is_flag=True, help="Play the event's day, of --claims (10e6)."),
    click.option(
        "--flower", is_flag=True, help="Measure what Flower and those who watch there cost."
    ),
    click.option("--scale", type=float, help="With --day: times as fast.  [default: 45]"),
)
WITH = {"hours": "plan", "peak": "plan", "scale": "day"}
"""Options that say something only beside another one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door found: for programs, for people, and whether it is as it must be."""

    data: object
    words: str
    ok: bool = True


def longer_options(command: Command) -> Command:
    """Give a command the options of these doors."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def longer(asked: Mapping[str, Any], *, store: str) -> Answer | None:
    """Open the door that is asked for; None if none is.

    Raises Misused for options that don't go together, and what the door itself raises.
    """
    found = [name for name in DOORS if asked[name] is not None and asked[name] is not False]
    for name, other in WITH.items():
        if asked[name] is not None and other not in found:
            raise Misused(f"--{name} says nothing without --{other}")
    if asked["source"] is not None and "plan" not in found and asked["plot"] is None:
        raise Misused("--from says nothing without --plan or --plot")
    if not found:
        return None
    if len(found) > 1:
        raise Misused(f"--{found[0]} and --{found[1]} are asked one at a time")
    if store == "sqlite":
        raise Misused(f"--{found[0]} measures on PostgreSQL: leave --store out")
    return DOORS[found[0]](asked)


def _plan(asked: Mapping[str, Any]) -> Answer:
    from fulfiller.ops.bench.capacity import capacity
    from fulfiller.ops.bench.plan import Plan

    hours = HOURS if asked["hours"] is None else asked["hours"]
    peak = PEAK if asked["peak"] is None else asked["peak"]
    found = capacity(Plan(claims=asked["plan"], hours=hours, peak=peak), asked["source"])
    return Answer(found.data, found.words)


def _flat(asked: Mapping[str, Any]) -> Answer:
    from fulfiller.ops.bench.flat import page, run

    found = run(asked["flat"])
    return Answer(found.data, page(found), found.is_flat)


def _day(asked: Mapping[str, Any]) -> Answer:
    from fulfiller.ops.bench.day import SCALE, run
    from fulfiller.ops.bench.shape import DAY_CLAIMS

    claims = asked["claims"] or DAY_CLAIMS
    if claims < LEAST:
        raise Misused(f"--claims {claims}: a day has {LEAST:,} claims or more")
    scale = SCALE if asked["scale"] is None else asked["scale"]
    if not 0 < scale < inf:
        raise Misused(f"--scale {scale:g}: write how many times as fast, above 0, such as 45")
    found = run(claims, scale)
    return Answer(found.data, found.words)


def _flower(asked: Mapping[str, Any]) -> Answer:
    from fulfiller.ops.bench.flower.run import ROUNDS, run

    found = run(asked["rounds"] or ROUNDS, asked["claims"])
    return Answer(found.data, found.words)


DOORS: Mapping[str, Callable[[Mapping[str, Any]], Answer]] = {
    "plan": _plan,
    "flat": _flat,
    "day": _day,
    "flower": _flower,
}
